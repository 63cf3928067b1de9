# The machines that `vagrant up` made (drivers/machines.sh).
on() {  # NUMBER COMMAND...
    vagrant_machine=m$1
    shift
    # The words are a line for the shell there, as with ssh.
    printf '%s\n' "$*" | (cd "$here" && vagrant ssh "$vagrant_machine" -c 'sudo sh -s' -- -q -T)
}
reboot_machine() { (cd "$here" && vagrant reload "m$1" --no-provision >/dev/null); }
