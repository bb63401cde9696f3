package lyceum.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** Waits for threads that would take the time of whoever is measured next. */
final class ThreadsAtRest {
    private static final long PATIENCE = 1_000_000_000, PAUSE = 1_000_000;

    private static final long SELF = ProcessHandle.current().pid();
    private static final String[] COMPILERS = {"C1 Compiler", "C2 Compiler"};

    private ThreadsAtRest() {}

    /** Whether this JVM compiles something. */
    static boolean compilersRun() {
        for (var name : COMPILERS) if (runs(SELF, name)) return true;
        return false;
    }

    static void awaitCompilers() { for (var name : COMPILERS) await(SELF, name); }

    /** Until no thread of the process runs whose name begins with {@code name}, at most a second. */
    static void await(long pid, String name) {
        long end = System.nanoTime() + PATIENCE;
        while (runs(pid, name) && System.nanoTime() < end) LockSupport.parkNanos(PAUSE);
    }

    /** False where the kernel does not say. */
    private static boolean runs(long pid, String name) {
        try (var threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (var thread : threads.toList()) {
                var stat = Files.readString(thread.resolve("stat"));
                if (stat.startsWith(name, stat.indexOf('(') + 1) && stat.charAt(stat.lastIndexOf(')') + 2) == 'R') return true;
            }
            return false;
        } catch (IOException e) {
            return false;
        }
    }
}
