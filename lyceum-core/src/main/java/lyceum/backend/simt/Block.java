package lyceum.backend.simt;

import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Consumer;
import lyceum.LyceumException;

/** One block while it runs: its warps take turns from barrier to barrier, in their order. */
final class Block {
    /** What lies in shared memory before anybody has written: a NaN. */
    private static final int UNDEFINED = 0x7fc00000;

    /** What the blocks of a launch have in common: who met which word of global memory, and the races found. */
    static final class Watch {
        private final Map<Buffer, Shadow> threads = new IdentityHashMap<>(), blocks = new IdentityHashMap<>();
        private final Map<String, Report.Race> races = new HashMap<>();
        private final boolean manyBlocks;
        private int epoch;

        Watch(Launch launch) { manyBlocks = launch.grid().count() > 1; }

        Iterable<Report.Race> races() { return races.values(); }
    }

    final Launch launch;
    final int number;
    final Counters counters;
    private final Watch watch;
    private final Consumer<Request> listener;
    private final int[] shared;
    private final Shadow ofShared;

    /** @param watch null where races are not looked for; {@code listener} null where nobody listens */
    Block(Launch launch, int number, Counters counters, Watch watch, Consumer<Request> listener) {
        this.launch = launch;
        this.number = number;
        this.counters = counters;
        this.watch = watch;
        this.listener = listener;
        shared = new int[launch.kernel().sharedWords()];
        Arrays.fill(shared, UNDEFINED);
        ofShared = watch == null ? null : new Shadow(shared.length);
    }

    void run() {
        var warps = new Warp[Math.ceilDiv(launch.block().count(), Warp.LANES)];
        for (int i = 0; i < warps.length; i++) warps[i] = new Warp(this, i);
        for (int meeting = 0; meeting >= 0;) {
            if (watch != null) watch.epoch++;
            meeting = warps[0].run();
            for (int i = 1; i < warps.length; i++) {
                int other = warps[i].run();
                if (other != meeting) throw failure("warp 0 " + standing(meeting) + " and warp " + i + " " + standing(other)
                        + "; all of a block's threads must come to one barrier");
            }
        }
    }

    private static String standing(int barrier) { return barrier < 0 ? "ends" : "waits at the barrier of step " + barrier; }

    int[] memory(Pointer pointer) { return pointer.isShared() ? shared : launch.buffer(pointer.place).words(); }

    void accessed(Pointer memory, int warp, int step, int[] words, Shadow.Access access) {
        int cost = memory.isShared() ? Transactions.passes(words) : Transactions.sectors(words);
        counters.accessed(step, cost, memory.isShared() ? 1 : Transactions.leastSectors(words));
        if (listener != null) {
            var elements = words.clone();
            if (memory.isShared()) for (int lane = 0; lane < elements.length; lane++) if (words[lane] >= 0) elements[lane] -= memory.place;
            listener.accept(new Request(step, counters.text(step), memory, number, warp, elements, cost));
        }
        if (watch == null) return;
        var buffer = memory.isShared() ? null : launch.buffer(memory.place);
        var threads = buffer == null ? ofShared : watch.threads.computeIfAbsent(buffer, b -> new Shadow(b.length()));
        var blocks = buffer == null || !watch.manyBlocks ? null : watch.blocks.computeIfAbsent(buffer, b -> new Shadow(b.length()));
        for (int lane = 0; lane < words.length; lane++) {
            if (words[lane] < 0) continue;
            int thread = warp * Warp.LANES + lane, element = words[lane] - (buffer == null ? memory.place : 0);
            long other = threads.note(words[lane], watch.epoch, thread, step, access);
            if (other >= 0) race(memory, element, (int) other, step, "thread " + launch.block().place((int) (other >>> 32)), thread);
            if (blocks == null) continue;
            long elsewhere = blocks.note(words[lane], 1, number, step, access);
            if (elsewhere >= 0)
                race(memory, element, (int) elsewhere, step, "block " + launch.grid().place((int) (elsewhere >>> 32)), thread);
        }
    }

    private void race(Pointer memory, int element, int before, int step, String other, int thread) {
        watch.races.computeIfAbsent(memory.name() + " " + before + " " + step + " " + other.charAt(0),
                key -> new Report.Race(memory.name(), element, other, counters.text(before),
                        "thread " + launch.block().place(thread) + " of block " + launch.grid().place(number), counters.text(step)));
    }

    LyceumException failure(String what) {
        return new LyceumException("kernel " + launch.kernel().name() + ", block " + launch.grid().place(number) + ": " + what);
    }
}
