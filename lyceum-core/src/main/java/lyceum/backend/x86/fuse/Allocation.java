package lyceum.backend.x86.fuse;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import lyceum.backend.x86.fuse.Step.Kind;
import lyceum.backend.x86.fuse.Value.Span;

/**
 * Places for the virtual registers. Within a list of steps they are given out by linear scan (Poletto and Sarkar 1999), a value keeping its place for
 * its whole life, so that the place does not depend on the way a jump took; what finds none lives in the stack frame. Registers that no list needs
 * hold accumulators first, those of a later loop in the places of an earlier one's; then, through the whole kernel, what is read most often of the
 * values of a row, whose way through memory would be waited for, and of the constants.
 */
final class Allocation {
    private final ProgramCode code;
    private final int vectors;
    private int frame;

    /** Vector registers that the steps of a kernel may use to bring values in: the last two. */
    static final int SCRATCH = 2;
    /** Without mask registers, the lanes beyond the end stand in the vector before the scratch ones. */
    static final int TAIL = 1;
    private static final int FIRST_MASK = 2, MASKS = 4;

    Allocation(ProgramCode code) {
        this.code = code;
        this.vectors = code.target.vectorRegisters() - SCRATCH - (code.target.isWide() ? 0 : TAIL);
        var lists = lists(code);
        for (var list : lists) connect(list);
        int wanted = 0;
        for (var list : lists) wanted = Math.max(wanted, pressure(list));
        int accumulators = 0;
        for (var list : lists) accumulators = Math.max(accumulators, accumulators(list));
        int locals = Math.max(4, Math.min(wanted, vectors - accumulators));
        for (var list : lists) placeAccumulators(list, locals);
        placeGlobals(Math.min(vectors, locals + accumulators));
        for (var list : lists) scan(list, locals);
    }

    /** Bytes of the stack frame. */
    int frame() { return (frame + 63) / 64 * 64; }

    static List<LaneCode> lists(ProgramCode code) {
        var lists = new ArrayList<LaneCode>();
        for (int i = 0; i < code.once.size(); i++) {
            lists.add(code.once.get(i));
            var loop = code.loops.get(i);
            if (loop == null) continue;
            lists.add(loop.round());
            if (loop.single() != loop.round()) lists.add(loop.single());
            if (loop.betweenBlocks() != null) lists.add(loop.betweenBlocks());
        }
        return lists;
    }

    private boolean isLoop(LaneCode list) { return !code.once.contains(list); }

    /** First and last steps of each value; what another list reads becomes global. */
    private void connect(LaneCode list) {
        int weight = isLoop(list) ? 8 : 1;
        for (int i = 0; i < list.steps.size(); i++) {
            var step = list.steps.get(i);
            for (var source : sources(step)) {
                source.weight += weight;
                if (source.span == Span.LOCAL && source.writer != list) {
                    source.span = Span.GLOBAL;
                    code.shared.globals.add(source);
                }
                source.last = i;
            }
            var to = step.to();
            if (to == null) continue;
            if (to.writer == null) {
                to.writer = list;
                to.first = i;
            }
            to.last = i;
        }
    }

    private static List<Value> sources(Step step) {
        var sources = new ArrayList<Value>(4);
        // The table of a lookup stays in memory.
        for (var value : new Value[] {step.a(), step.kind() == Kind.LOOKUP ? null : step.b(), step.c()})
            if (value != null && !sources.contains(value)) sources.add(value);
        return sources;
    }

    private static boolean isVector(Value value) { return !value.isInMaskRegister(); }

    /** The most local vectors alive at once. */
    private int pressure(LaneCode list) {
        int alive = 0, most = 0;
        var dying = new int[list.steps.size()];
        for (int i = 0; i < list.steps.size(); i++) {
            var to = list.steps.get(i).to();
            if (to != null && to.span == Span.LOCAL && to.first == i && isVector(to)) {
                alive++;
                dying[to.last]++;
            }
            most = Math.max(most, alive);
            alive -= dying[i];
        }
        return most;
    }

    /** Those that a list sets before its loop. Once the next list has set its own, they have been read. */
    private int accumulators(LaneCode list) {
        int n = 0;
        for (var value : code.shared.globals) if (value.span == Span.ACCUMULATOR && value.writer == list) n++;
        return n;
    }

    private void placeAccumulators(LaneCode list, int first) {
        for (var value : code.shared.globals) {
            if (value.span != Span.ACCUMULATOR || value.writer != list) continue;
            if (first < vectors) value.register = first++;
            else value.slot = newSlot();
        }
    }

    private void placeGlobals(int next) {
        var mostReadFirst = new ArrayList<Value>(code.shared.globals);
        mostReadFirst.sort(Comparator.comparing(Value::isConstant).thenComparing(Comparator.naturalOrder()));
        for (var value : mostReadFirst) {
            if (value.weight == 0 || value.span == Span.ACCUMULATOR) continue;
            if (isVector(value) && next < vectors) value.register = next++;
            else if (!value.isConstant() || value.span == Span.ARGUMENT && !code.target.isWide()) value.slot = newSlot();
        }
    }

    private int newSlot() {
        frame += 64;
        return frame - 64;
    }

    private void scan(LaneCode list, int locals) {
        var free = new ArrayList<Integer>();
        for (int r = locals - 1; r >= 0; r--) free.add(r);
        var freeMasks = new ArrayList<Integer>();
        for (int k = FIRST_MASK + MASKS - 1; k >= FIRST_MASK; k--) freeMasks.add(k);
        List<Value> active = new ArrayList<>(), activeMasks = new ArrayList<>();
        for (int i = 0; i < list.steps.size(); i++) {
            var step = list.steps.get(i);
            expire(active, free, i, step);
            expire(activeMasks, freeMasks, i, step);
            var to = step.to();
            if (to == null || to.span != Span.LOCAL || to.first != i) continue;
            if (isVector(to)) place(to, active, free);
            else place(to, activeMasks, freeMasks);
        }
    }

    /** Frees the registers of what is not read after step {@code i}; of what it reads itself, where its result may take the place. */
    private static void expire(List<Value> active, List<Integer> free, int i, Step step) {
        for (var each = active.iterator(); each.hasNext();) {
            var value = each.next();
            if (value.last >= i && (value.last > i || !mayBeOverwritten(step, value))) continue;
            free.add(value.register);
            each.remove();
        }
    }

    private static boolean mayBeOverwritten(Step step, Value source) {
        return switch (step.kind()) {
            case PLAIN, REGISTERS, LOWER, FMA, SELECT, MOVE, EXISTING, LOOKUP -> true;
            case CHANGE -> source == step.a() && source != step.b() && source != step.c();
            default -> false;
        };
    }

    private void place(Value to, List<Value> active, List<Integer> free) {
        if (free.isEmpty()) {
            Value longest = to;
            for (var other : active) if (other.last > longest.last) longest = other;
            longest.slot = newSlot();
            if (longest == to) return;
            free.add(longest.register);
            longest.register = -1;
            active.remove(longest);
        }
        to.register = free.removeLast();
        active.add(to);
    }
}
