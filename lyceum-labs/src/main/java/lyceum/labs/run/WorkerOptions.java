package lyceum.labs.run;

import java.util.List;

/**
 * How worker JVMs are started and how many.
 *
 * @param heap      a lab's memory budget, as {@code -Xmx} takes it: {@code 1g}
 * @param atOnce    runs at once
 * @param queue     runs that may wait
 * @param flags     JVM flags
 * @param classPath where the labs are
 */
public record WorkerOptions(String heap, int atOnce, int queue, List<String> flags, String classPath) {

    /** Checks the numbers. */
    public WorkerOptions {
        if (atOnce < 1 || queue < 0) {
            throw new IllegalArgumentException(
                    "atOnce is " + atOnce + " and queue " + queue + "; at least one run at once, none or more waiting");
        }
        if (!heap.matches("[1-9]\\d*[kmgKMG]")) throw new IllegalArgumentException("heap is '" + heap + "'; it reads like 512m or 1g");
        flags = List.copyOf(flags);
    }

    /**
     * 1 GB, two at once, 32 waiting, this JVM's class path, the flags that the vector backend needs, and those that let a heap shrink
     * when a lab has ended, down to where it began: a warm worker idles.
     */
    public static WorkerOptions defaults() {
        return new WorkerOptions("1g", 2, 32,
                List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true",
                        "-XX:+UseSerialGC", "-Xms32m", "-XX:-ShrinkHeapInSteps", "-XX:MinHeapFreeRatio=5", "-XX:MaxHeapFreeRatio=10"),
                System.getProperty("java.class.path"));
    }

    /** With another memory budget. */
    public WorkerOptions withHeap(String heap) { return new WorkerOptions(heap, atOnce, queue, flags, classPath); }

    /** With other numbers of runs at once and waiting. */
    public WorkerOptions withRuns(int atOnce, int queue) { return new WorkerOptions(heap, atOnce, queue, flags, classPath); }

    /** With other JVM flags. */
    public WorkerOptions withFlags(List<String> flags) { return new WorkerOptions(heap, atOnce, queue, flags, classPath); }
}
