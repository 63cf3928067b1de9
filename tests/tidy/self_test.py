"""The rules find what they are for, and nothing else."""

import unittest
from pathlib import Path

from rules import layers, shape, words
from rules.source import Source

TABLE = layers.read_table((Path(__file__).parent / "layers.txt").read_text())


def rules_of(findings):
    return [finding.rule for finding in findings]


def source(text, path="overlay/base/x.cpp"):
    return Source(path, text)


class SourceTest(unittest.TestCase):
    def test_comments_and_strings_are_no_code(self):
        text = 'a /* throw\n */ "throw \\" throw" // throw\nR"(throw)" \'"\' 1\'000 b'
        code = source(text).code
        self.assertNotIn("throw", code)
        self.assertEqual(code.split()[0], "a")
        self.assertEqual(code.split()[-1], "b")
        self.assertEqual(code.count("\n"), text.count("\n"))


class LayersTest(unittest.TestCase):
    def breaches(self, path, include):
        return rules_of(layers.check_layers(source(f"#include {include}\n", path), TABLE))

    def test_a_layer_may_include_what_its_line_says(self):
        for path, include in [
            ("overlay/base/a.cpp", '"overlay/base/result.hpp"'),
            ("overlay/base/result.hpp", "<boost/outcome/try.hpp>"),
            ("overlay/base/a.cpp", "<vector>"),
            ("overlay/control/a.cpp", '"tunnel/backend.hpp"'),
            ("overlay/linux/a.cpp", "<sys/socket.h>"),
            ("overlay/linux/a.cpp", "<thread>"),
            ("tunnel/kernel/a.cpp", '"overlay/linux/link.hpp"'),
            ("overlay/lab/a.cpp", '"tunnel/kernel/kernel_backend.hpp"'),
            ("tools/cli/a.cpp", '"overlay/lab/lab_client.hpp"'),
        ]:
            with self.subTest(path=path, include=include):
                self.assertEqual(self.breaches(path, include), [])

    def test_every_other_include_is_a_breach(self):
        for path, include in [
            ("overlay/base/a.cpp", '"overlay/control/directory.hpp"'),
            ("overlay/base/a.cpp", "<sys/socket.h>"),
            ("overlay/base/a.cpp", "<unistd.h>"),
            ("overlay/base/a.cpp", "<thread>"),
            ("overlay/control/a.cpp", '"overlay/linux/link.hpp"'),
            ("overlay/control/a.cpp", '"tunnel/kernel/kernel_backend.hpp"'),
            ("tunnel/backend.hpp", '"overlay/linux/link.hpp"'),
            ("tunnel/kernel/a.cpp", '"tunnel/user/pump.hpp"'),
            ("tunnel/kernel/a.cpp", '"overlay/lab/lab_spec.hpp"'),
            ("tunnel/engine/a.cpp", '"overlay/control/directory.hpp"'),
            ("overlay/node/a.cpp", '"tunnel/kernel/kernel_backend.hpp"'),
            ("overlay/probe/a.cpp", '"overlay/lab/lab_spec.hpp"'),
            ("overlay/lab/a.cpp", '"tools/cli/main.hpp"'),
            ("overlay/lab/a.cpp", "<sqlite3.h>"),
            ("overlay/lab/a.cpp", '"lab_spec.hpp"'),
            ("elsewhere/a.cpp", "<vector>"),
        ]:
            with self.subTest(path=path, include=include):
                self.assertEqual(self.breaches(path, include), ["layer"])

    def test_no_header_shows_a_type_of_a_library(self):
        for text in [
            "#pragma once\nnlohmann::json answer();\n",
            "#pragma once\nstruct nl_sock;\n",
            "#pragma once\n#include <yaml-cpp/yaml.h>\n",
            "#pragma once\nstruct sqlite3_stmt;\n",
        ]:
            with self.subTest(text=text):
                header = source(text, "overlay/lab/a.hpp")
                self.assertEqual(rules_of(layers.check_libraries(header, TABLE)), ["library"])
        clean = source("#pragma once\n// nlohmann::json\nint netlink();\n", "overlay/lab/a.hpp")
        self.assertEqual(list(layers.check_libraries(clean, TABLE)), [])
        unseen = source("nlohmann::json answer();\n", "overlay/lab/a.cpp")
        self.assertEqual(list(layers.check_libraries(unseen, TABLE)), [])

    def test_a_pure_layer_reads_no_clock(self):
        text = "auto t = std::chrono::steady_clock::now();\n"
        self.assertEqual(rules_of(words.check_clock(source(text), TABLE)), ["pure"])
        linux = source(text, "overlay/linux/a.cpp")
        self.assertEqual(list(words.check_clock(linux, TABLE)), [])


class ShapeTest(unittest.TestCase):
    def test_a_file_stays_under_300_lines(self):
        self.assertEqual(list(shape.check_file_size(source("\n" * 299))), [])
        self.assertEqual(rules_of(shape.check_file_size(source("\n" * 300))), ["file-size"])

    def test_a_function_stays_under_50_lines(self):
        for opening, closing in [
            ("void f() {", "}"),
            ("namespace a {\nvoid f() {", "}\n}"),
            ("class A {\npublic:\n    explicit A(int b) : b_{b} {", "    }\n};"),
            ("Result<void> f(int a,\n               int b) const {", "}"),
            ("template <typename T>\nrequires(T::x)\nstruct A : B<int> {\n    void f() noexcept {", "    }\n};"),
            ("TEST(A, B) {", "}"),
        ]:
            with self.subTest(opening=opening):
                short = source(f"{opening}\n" + "    x();\n" * 40 + f"{closing}\n")
                long = source(f"{opening}\n" + "    x();\n" * 49 + f"{closing}\n")
                self.assertEqual(list(shape.check_function_size(short)), [])
                self.assertEqual(rules_of(shape.check_function_size(long)), ["function-size"])

    def test_what_is_no_function_may_be_long(self):
        for opening, closing in [
            ("namespace a {", "}"),
            ("class A {", "};"),
            ("class A : public B<int> {", "};"),
            ("constexpr int a[] = {", "};"),
            ("#define F(x) {", "int b;"),
        ]:
            with self.subTest(opening=opening):
                text = f"{opening}\n" + "    int a;\n" * 60 + f"{closing}\n"
                self.assertEqual(list(shape.check_function_size(source(text))), [])

    def test_functions_are_told_apart(self):
        text = "void a() { if (x) { y(); } }\nint b(std::vector<int> v = {1, 2}) {\n    f([&] {\n    });\n}\n"
        found = [(head.strip(), first, last) for head, first, last in shape.functions(source(text))]
        self.assertEqual(
            found, [("void a()", 1, 1), ("int b(std::vector<int> v = {1, 2})", 2, 5)]
        )

    def test_a_source_includes_its_own_header_first(self):
        paths = {"overlay/base/x.hpp", "overlay/base/x.cpp"}
        good = source('#include "overlay/base/x.hpp"\n\n#include <vector>\n')
        bad = source('#include <vector>\n\n#include "overlay/base/x.hpp"\n')
        self.assertEqual(list(shape.check_own_header(good, paths)), [])
        self.assertEqual(rules_of(shape.check_own_header(bad, paths)), ["own-header"])
        self.assertEqual(list(shape.check_own_header(bad, {"overlay/base/x.cpp"})), [])

    def test_the_top_level_is_closed(self):
        self.assertEqual(list(shape.check_top_level(source("", ".clang-tidy"))), [])
        self.assertEqual(list(shape.check_top_level(source("", "README.md"))), [])
        self.assertEqual(rules_of(shape.check_top_level(source("", "docs/a.md"))), ["top-level"])
        self.assertEqual(rules_of(shape.check_top_level(source("", "notes.txt"))), ["top-level"])

    def test_a_header_begins_with_pragma_once(self):
        header = source("// text\n#pragma once\n", "overlay/base/x.hpp")
        self.assertEqual(rules_of(shape.check_pragma_once(header)), ["pragma-once"])


    def test_a_type_says_what_it_is_for(self):
        for text, found in [
            ("struct A {\n};\n", ["comment"]),
            ("/// Words.\n\nclass A : public B {\n};\n", ["comment"]),
            ("/// Words.\nstruct A {\n};\n", []),
            ("/// Words.\ntemplate <typename T>\nclass [[nodiscard]] A {\n};\n", []),
            ("/// Words.\nenum class A : std::uint8_t { b, c };\n", []),
            ("enum class A : std::uint8_t {\n", ["comment"]),
            ("class A;\n", []),
            ("template <>\nstruct std::hash<A> {\n};\n", []),
            ("/// Words.\nclass A {\n    struct B {\n    };\n};\n", []),
        ]:
            with self.subTest(text=text):
                header = source(text, "overlay/base/x.hpp")
                self.assertEqual(rules_of(shape.check_comments(header)), found)


class WordsTest(unittest.TestCase):
    def rules(self, code, path="overlay/lab/x.cpp"):
        return rules_of(words.check_calls(source(code, path)))

    def test_calls_that_do_not_stand_in_the_sources(self):
        for code, rule in [
            ('system("ip link");', "shell"),
            ('std::system("ip link");', "shell"),
            ('FILE* f = popen("ip", "r");', "shell"),
            ("throw Error{};", "throw"),
            ("std::shared_ptr<int> a;", "shared"),
            ('std::printf("a");', "print"),
            ('std::cout << "a";', "print"),
            ("std::this_thread::sleep_for(1s);", "sleep"),
            ("sleep(1);", "sleep"),
            ("assert(a == b);", "assert"),
            ("using namespace std;", "namespace"),
            ("std::mt19937 prng{std::time(nullptr)};", "chance"),
            ("std::exit(1);", "exit"),
        ]:
            with self.subTest(code=code):
                self.assertEqual(self.rules(code), [rule])

    def test_what_only_looks_like_them_may_stand(self):
        for code in [
            "// system(3) would fork",
            'text += "throw";',
            "file_system(a);",
            "ErrorCode::system;",
            "static_assert(sizeof(A) == 4);",
            "using namespace std::chrono_literals;",
            "snprintf(a, b, c);",
            "lab.system(a);",
            "on_exit(a);",
        ]:
            with self.subTest(code=code):
                self.assertEqual(self.rules(code), [])

    def test_tools_may_print_and_tests_may_throw(self):
        self.assertEqual(self.rules('std::cout << "a";', "tools/cli/x.cpp"), [])
        self.assertEqual(self.rules("throw 1;", "tests/unit/x.cpp"), [])
        self.assertEqual(self.rules("usleep(1);", "tests/unit/x.cpp"), ["sleep"])
        self.assertEqual(self.rules("TEST(A, DISABLED_B) {}", "tests/unit/x.cpp"), ["disabled"])

    def test_words_that_do_not_stand_in_any_text(self):
        for text in ["// FIX" "ME: later", "see /ho" "me/somebody/flatlan", "cd /ro" "ot/flatlan"]:
            with self.subTest(text=text):
                self.assertEqual(len(list(words.check_texts(source(text, "README.md")))), 1)
        self.assertEqual(len(list(words.check_texts(source("cd /a/b/c"), "/a/b"))), 1)
        self.assertEqual(list(words.check_texts(source("cd /a/bc"), "/a/b")), [])


if __name__ == "__main__":
    unittest.main()
