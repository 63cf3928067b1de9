/// What AddressSanitizer reads at a program's start, before ASAN_OPTIONS
/// (sanitizer/asan_interface.h): a check of UndefinedBehaviorSanitizer that fails is an illegal
/// instruction here, of which it shall say where it is.
extern "C" const char* __asan_default_options();

extern "C" const char* __asan_default_options() { return "handle_sigill=1"; }
