package lyceum.backend.x86;

import lyceum.memory.NativeCall;

/** A product in a process whose pages never become executable ({@code PR_SET_MDWE}, as systemd's MemoryDenyWriteExecute): what SELinux or seccomp may do. */
public final class RefusedPages {
    private static final int SET_MEMORY_DENY_WRITE_EXECUTE = 65, REFUSE_EXEC_GAIN = 1;

    private RefusedPages() {}

    public static void main(String[] args) {
        boolean refused = (int) NativeCall.call(NativeCall.require("prctl"), SET_MEMORY_DENY_WRITE_EXECUTE, REFUSE_EXEC_GAIN, 0, 0, 0,
                0) == 0;
        System.out.println(refused ? "pages are refused" : "this kernel cannot refuse pages");
        OneProduct.main(args);
    }
}
