package lyceum.tensor;

import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A user-defined operation, recorded with its own rules through {@code lyceum.autograd.Primitive}. Where there is no push-forward,
 * it is the transpose of the pull-back, which is linear in the gradient: two sweeps. Where there is no batching rule, a batch is done entry by entry.
 *
 * @param keeping what value and pull-back are both computed from, or null for nothing
 * @param push may be null, as may {@code batching}
 * @param parts the value in simpler operations, for those who write down what is done, or null
 */
public record CustomOp(String name, Function<Tensor[], Tensor[]> keeping, BiFunction<Tensor[], Tensor[], Tensor> forward, Pull pull,
        Push push, Batching batching, Function<Tensor[], Tensor> parts) implements Operation {

    /** One of which nothing simpler is known. */
    public CustomOp(String name, Function<Tensor[], Tensor[]> keeping, BiFunction<Tensor[], Tensor[], Tensor> forward, Pull pull, Push push,
            Batching batching) {
        this(name, keeping, forward, pull, push, batching, null);
    }

    /** Gradient of operand {@code i} from the result's; null for zero. */
    @FunctionalInterface
    public interface Pull {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands, Tensor[] kept);
    }

    /** Tangent of the result from those of the operands, of which some are null for zero. */
    @FunctionalInterface
    public interface Push {
        Tensor tangent(Tensor[] tangents, Tensor result, Tensor[] operands);
    }

    /** The result for a batch, which is the first axis of those operands that are batched, and of the result. */
    @FunctionalInterface
    public interface Batching {
        Tensor batched(long size, boolean[] isBatched, Tensor[] operands);
    }

    /** Gradient of operand {@code i}, where nothing is kept. */
    @FunctionalInterface
    public interface Rule {
        Tensor gradient(int i, Tensor g, Tensor result, Tensor[] operands);
    }

    private static final Tensor[] NOTHING = {};

    /** One that keeps nothing, and whose other rules follow from its pull-back. */
    public static CustomOp of(String name, Function<Tensor[], Tensor> forward, Rule rule) {
        return new CustomOp(name, null, (in, kept) -> forward.apply(in), (i, g, out, in, kept) -> rule.gradient(i, g, out, in), null, null);
    }

    public CustomOp withPush(Push push) { return new CustomOp(name, keeping, forward, pull, push, batching, parts); }

    public CustomOp withBatching(Batching batching) { return new CustomOp(name, keeping, forward, pull, push, batching, parts); }

    public CustomOp withParts(Function<Tensor[], Tensor> parts) {
        return new CustomOp(name, keeping, forward, pull, push, batching, parts);
    }

    @Override public Tensor value(Tensor... in) { return outcome(in).value(); }

    @Override public boolean keeps() { return keeping != null; }

    @Override public Outcome outcome(Tensor... in) {
        return GradMode.with(false, () -> {
            var plain = new Tensor[in.length];
            for (int i = 0; i < plain.length; i++) plain[i] = in[i].shared();
            var kept = keeping == null ? NOTHING : keeping.apply(plain);
            for (var value : kept) if (value.pending() != null) value.pending().readers().incrementAndGet(); // so that the program that computes the result stores it
            return new Outcome(forward.apply(plain, kept).shared(), kept);
        });
    }

    @Override public int reads(int i) { return ALL; }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        var in = new Tensor[reading.operands()];
        for (int j = 0; j < in.length; j++) in[j] = reading.operand(j);
        return pull.gradient(i, g, reading.result(), in, kept(in, reading));
    }

    /** If the gradient is watched, computed again, watched. */
    private Tensor[] kept(Tensor[] in, Reading reading) {
        if (keeping == null) return NOTHING;
        if (Reading.isWatched()) return keeping.apply(in);
        var kept = new Tensor[reading.kept()];
        for (int i = 0; i < kept.length; i++) kept[i] = reading.kept(i);
        return kept;
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        return push != null ? push.tangent(tangents, out, in) : transposed(tangents, in, out);
    }

    /** {@code J v} as the gradient of {@code u -> <J' u, v>}. */
    private Tensor transposed(Tensor[] tangents, Tensor[] in, Tensor out) {
        boolean recorded = GradMode.isRecording() && (GradNode.wanted(in) || GradNode.wanted(out) || GradNode.wanted(tangents));
        return GradMode.with(true, () -> {
            var u = Tensor.zeros(out.dtype(), out.shape().sizes()).requiresGrad();
            var kept = keeping == null ? NOTHING : keeping.apply(in);
            Tensor sum = null;
            for (int i = 0; i < in.length; i++) {
                var pulled = tangents[i] == null ? null : pull.gradient(i, u, out, in, kept);
                if (pulled == null || !pulled.isTracked()) continue;
                var fitting = Backward.sumTo(pulled, in[i].shape()).to(in[i].dtype());
                var part = Backward.gradients(fitting, tangents[i], new Tensor[] {u}, recorded)[0];
                sum = sum == null ? part : GradMode.with(recorded, plus(sum, part));
            }
            return sum;
        });
    }

    private static Supplier<Tensor> plus(Tensor a, Tensor b) { return () -> a.add(b); }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) {
        return batching != null ? batching.batched(size, isBatched, in) : Batch.loop(this, size, isBatched, in);
    }

    @Override public Tensor composed(Tensor... in) { return parts == null ? apply(in) : parts.apply(in); }

    @Override public boolean isOfUser() { return true; }

    @Override public String text() { return name; }
}
