package lyceum.backend.simt;

import java.util.ArrayList;
import java.util.List;

/** What was counted at each step of a kernel, over all warps. */
final class Counters {
    private final Kernel kernel;
    private final List<String> lines;
    private final long[] issued, lanes, requests, transactions, least, times, parted;
    private final int[] worst;

    Counters(Kernel kernel) {
        this.kernel = kernel;
        lines = new CudaText(kernel).lines();
        int n = lines.size();
        issued = new long[n];
        lanes = new long[n];
        requests = new long[n];
        transactions = new long[n];
        least = new long[n];
        times = new long[n];
        parted = new long[n];
        worst = new int[n];
    }

    String text(int step) { return lines.get(step); }

    void issued(int step, int active) {
        issued[step]++;
        lanes[step] += active;
    }

    void branched(int step, boolean parts) {
        times[step]++;
        if (parts) parted[step]++;
    }

    void accessed(int step, int cost, int leastCost) {
        requests[step]++;
        transactions[step] += cost;
        least[step] += leastCost;
        worst[step] = Math.max(worst[step], cost);
    }

    List<Report.Access> accesses() {
        var found = new ArrayList<Report.Access>();
        for (int i = 0; i < lines.size(); i++) {
            var memory = memory(kernel.code().get(i));
            if (memory != null && requests[i] > 0) found.add(
                    new Report.Access(lines.get(i), memory.name(), memory.isShared(), requests[i], transactions[i], least[i], worst[i]));
        }
        return found;
    }

    private static Pointer memory(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Load l -> l.from();
            case Instruction.Store s -> s.to();
            case Instruction.AtomicAdd a -> a.to();
            default -> null;
        };
    }

    List<Report.Branch> branches() {
        var found = new ArrayList<Report.Branch>();
        for (int i = 0; i < lines.size(); i++) if (times[i] > 0) found.add(new Report.Branch(lines.get(i), times[i], parted[i]));
        return found;
    }

    /** Instructions that warps issued; ends of branches are none. */
    long instructions() { return sum(issued); }

    long lanes() { return sum(lanes); }

    private long sum(long[] counts) {
        long n = 0;
        for (int i = 0; i < counts.length; i++) if (!isMark(kernel.code().get(i))) n += counts[i];
        return n;
    }

    private static boolean isMark(Instruction i) {
        return i instanceof Instruction.Else || i instanceof Instruction.EndIf || i instanceof Instruction.Loop
                || i instanceof Instruction.Nothing;
    }
}
