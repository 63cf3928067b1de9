#pragma once

#include <filesystem>
#include <string>

#include "tests/support/run_program.hpp"
#include "tests/support/temporary_folder.hpp"

namespace flatlan::support {

/// An authority that a test makes for itself with the openssl tool, and what it signs. All of it
/// lies in a folder that goes with the test, and is valid for a day.
class TestAuthority {
public:
    struct Identity {
        std::filesystem::path certificate_file;
        std::filesystem::path key_file;
    };

    TestAuthority() {
        run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:prime256v1", "-noenc", "-days", "1", "-subj",
                     "/CN=flatlan test authority", "-keyout", key_file().string(), "-out",
                     certificate_file().string()});
    }

    std::filesystem::path certificate_file() const { return folder_.path() / "authority.pem"; }

    /// `host` as in a certificate: "IP:127.0.0.1" or "DNS:localhost".
    Identity issue(const std::string& name, const std::string& host) const {
        Identity made{folder_.path() / (name + ".pem"), folder_.path() / (name + ".key")};
        run_program({"openssl",
                     "req",
                     "-x509",
                     "-CA",
                     certificate_file().string(),
                     "-CAkey",
                     key_file().string(),
                     "-newkey",
                     "ec",
                     "-pkeyopt",
                     "ec_paramgen_curve:prime256v1",
                     "-noenc",
                     "-days",
                     "1",
                     "-subj",
                     "/CN=" + name,
                     "-addext",
                     "subjectAltName=" + host,
                     "-addext",
                     "basicConstraints=critical,CA:false",
                     "-addext",
                     "extendedKeyUsage=serverAuth,clientAuth",
                     "-keyout",
                     made.key_file.string(),
                     "-out",
                     made.certificate_file.string()});
        return made;
    }

private:
    std::filesystem::path key_file() const { return folder_.path() / "authority.key"; }

    TemporaryFolder folder_;
};

}  // namespace flatlan::support
