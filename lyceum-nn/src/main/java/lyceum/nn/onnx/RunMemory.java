package lyceum.nn.onnx;

import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Consumer;
import lyceum.memory.Scope;
import lyceum.memory.Storage;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * The memory of one run: what no later step reads goes back while the run goes on, and is taken again by the steps to come. Where somebody records the run, for gradients or
 * an export, everything stays as it is.
 */
final class RunMemory implements AutoCloseable {
    /** Bytes that are asked for between two looks at what is still needed; a look computes what is pending. */
    private static final long BETWEEN = 32L << 20;
    private static final int SMALL = 1 << 16;

    private final OnnxValue[] frame;
    private final BitSet live = new BitSet();
    private final Scope outer, scope;
    private long seen;

    private RunMemory(OnnxValue[] frame, Scope outer, Scope scope) {
        this.frame = frame;
        this.outer = outer;
        this.scope = scope;
    }

    /** @param given what the run did not make itself @param most bytes that it may ask for in all, those given back counted */
    static RunMemory of(OnnxValue[] frame, OnnxValue[] given, OnnxValue[] around, long most) {
        boolean isRecorded = Tracing.on();
        for (var values : new OnnxValue[][] {given, around}) {
            if (isRecorded || values == null) continue;
            for (var value : values) isRecorded |= isTracked(value);
        }
        return new RunMemory(frame, Scope.current(), isRecorded ? null : Scope.limited("ONNX run", most));
    }

    /** Whether somebody records the run, who then has to see all of it. */
    boolean isRecorded() { return scope == null; }

    private static boolean isTracked(OnnxValue value) {
        if (value instanceof OnnxValue.Array(var type, var x)) return x.isTracked(); // a switch over types would cost a first answer a millisecond
        if (value instanceof OnnxValue.Sequence(var all)) return all.stream().anyMatch(RunMemory::isTracked);
        return value instanceof OnnxValue.Maybe(var one) && isTracked(one);
    }

    /** A step has run; what dies with it is no longer in the frame. */
    void ran(Plan.Step step) {
        if (scope == null) return;
        for (int place : step.out()) if (place >= 0) live.set(place);
        for (int place : step.last()) live.clear(place);
        if (scope.allocated() - seen < BETWEEN) return;
        seen = scope.allocated();
        Set<Storage> needed = Collections.newSetFromMap(new IdentityHashMap<>());
        live.stream().forEach(place -> each(frame[place], x -> needed.add(x.view().storage())));
        scope.release(needed::contains);
    }

    /** A value that outlives the run. */
    OnnxValue kept(OnnxValue value) {
        if (scope == null) return value;
        if (value instanceof OnnxValue.Array(var type, var x)) return new OnnxValue.Array(type, kept(x.compute()));
        if (value instanceof OnnxValue.Sequence(var all)) return new OnnxValue.Sequence(all.stream().map(this::kept).toList());
        return value instanceof OnnxValue.Maybe(var one) ? new OnnxValue.Maybe(kept(one)) : value;
    }

    /** Small tensors share memory with others of the run, which would all stay with them: those are copied. */
    private Tensor kept(Tensor x) {
        if (x.view().storage().isBlock() || x.count() > SMALL) return x.keptBy(scope);
        var copy = new Tensor[1];
        Scope.within(outer, () -> copy[0] = x.copy().compute());
        return copy[0];
    }

    private static void each(OnnxValue value, Consumer<Tensor> seen) {
        switch (value) {
            case OnnxValue.Array(var type, var x) -> seen.accept(x);
            case OnnxValue.Sequence(var all) -> all.forEach(one -> each(one, seen));
            case OnnxValue.Maybe(var one) -> each(one, seen);
            case null, default -> {}
        }
    }

    @Override public void close() { if (scope != null) scope.close(); }
}
