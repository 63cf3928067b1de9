#include "overlay/linux/interrupts.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

namespace flatlan {

Interrupts::Interrupts() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ending, &before_);
    waiting_ = UniqueFd{::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!waiting_) let_through();  // no descriptor is left: better ended than deaf
}

Interrupts::~Interrupts() {
    static_cast<void>(take());
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupts::take() const {
    bool some = false;
    signalfd_siginfo taken{};
    while (::read(waiting_.get(), &taken, sizeof taken) > 0)
        some = true;
    return some;
}

void Interrupts::let_through() const { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace flatlan
