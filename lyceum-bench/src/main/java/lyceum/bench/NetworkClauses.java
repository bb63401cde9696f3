package lyceum.bench;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.backend.Convolution;
import lyceum.llm.train.AdditionStudy;
import lyceum.nn.Activation;
import lyceum.nn.Conv2d;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.nn.SparseActivation;
import lyceum.nn.Transformer;
import lyceum.nn.TransformerConfig;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.progress.Progress;
import lyceum.random.Rng;

import lyceum.tensor.Tensor;
import lyceum.train.GrokkingExperiment;
import lyceum.train.compress.BreakEven;
import lyceum.train.compress.Pruner;
import lyceum.train.compress.StructuredPruner;

/** What rows of networks say about time: smaller networks are faster, zeros can be skipped, and small ones are trained within a minute. */
final class NetworkClauses {
    /**
     * Channels of the pruned convolutions, hidden units of the pruned network and of the sparse product, rows of the pruned matrix, steps of the two trainings,
     * positions of the shortest sequence, and how language models learn to add.
     */
    record Sizes(int channels, int hidden, int sparse, int matrix, int reversing, int grokking, int positions, AdditionStudy adding) {
        static final Sizes OF_THE_CLAUSES = new Sizes(64, 1024, 3072, 2048, 1800, 2500, 1024, new AdditionStudy());
    }

    private static final int TOKENS = 18;

    private final AcceptanceSuite suite;
    private final Sizes sizes;

    NetworkClauses(AcceptanceSuite suite, Sizes sizes) {
        this.suite = suite;
        this.sizes = sizes;
    }

    void measure() {
        channels();
        units();
        zeros();
        layer();
        breakEven();
        reversal();
        grokking();
    }

    /** Half of the channels gone makes inference 1.5 times as fast; as many weights set to zero, kept dense, not even 1.1 times. */
    private void channels() {
        int c = sizes.channels;
        var rng = Rng.of(5);
        var whole = new Sequential(conv(16, c, rng), Activation.RELU, conv(c, c, rng), Activation.RELU, conv(c, c, rng), Activation.RELU,
                conv(c, 16, rng));
        var x = Tensor.randn(rng, 16, 16, 28, 28).compute();
        var masked = Pruner.magnitude(0.5).masks(whole).apply(Module.copy(whole));
        var shape = c + " channels";
        suite.ratio("structured-pruning", 2, "structured-pruning:channels", "half of the channels over all", shape, DType.F32, 1 / 1.5, 20,
                31, run(new StructuredPruner(0.5).plan(whole).shrink(whole), x), run(whole, x));
        suite.ratio("structured-pruning", 2, "structured-pruning:zeros", "all over half set to zero", shape, DType.F32, 1.1, 20, 31,
                run(whole, x), run(masked, x));
    }

    private static Layer conv(int in, int out, Rng rng) { return new Conv2d(in, out, 3, new Convolution().withPadding(1), rng); }

    private void units() {
        var rng = Rng.of(6);
        var whole = new Sequential(new Linear(784, sizes.hidden, rng), Activation.RELU, new Linear(sizes.hidden, sizes.hidden, rng),
                Activation.RELU, new Linear(sizes.hidden, 10, rng));
        var x = Tensor.randn(rng, 32, 784).compute();
        suite.ratio("efficient-inference", 1, "efficient-inference", "a quarter of the units over all", "32x784, " + sizes.hidden,
                DType.F32, 0.5, 50, 31, run(new StructuredPruner(0.75).plan(whole).shrink(whole), x), run(whole, x));
    }

    private void zeros() {
        int n = sizes.sparse;
        var weight = Tensor.randn(Rng.of(1), n, n / 4).compute();
        var h = Tensor.randn(Rng.of(2), 1, n).mul(Tensor.rand(Rng.of(3), 1, n).lt(0.05).to(DType.F32)).compute();
        suite.ratio("sparse-representation", 6, "sparse-representation", "zeros skipped over dense, 5% active", n / 4 + "x" + n, DType.F32,
                0.5, 5000, 31, () -> SparseActivation.multiply(h, weight).compute(), () -> h.matmul(weight).compute());
    }

    /** A dense layer of 512 does 60% of the best rate of a bare product of 256 to 1,024. */
    private void layer() {
        long begin = System.nanoTime();
        var rng = Rng.of(4);
        int n = sizes.matrix / 4;
        var x = Tensor.randn(rng, n, n).compute();
        double best = 0;
        for (int m : new int[] {n / 2, n * 3 / 4, n, n * 5 / 4, n * 3 / 2, n * 7 / 4, 2 * n}) {
            Tensor a = Tensor.randn(rng, m, m).compute(), b = Tensor.randn(rng, m, m).compute();
            best = Math.max(best, rate(m, () -> a.matmul(b).compute()));
        }
        double share = rate(n, run(new Linear(n, n, rng), x)) / best;
        suite.saw("fully-connected-layer", 4, "fully-connected-layer", "rate of a layer over the best product's, at least 0.6", n + "x" + n,
                DType.F32, share, share >= 0.6, begin);
    }

    private double rate(double n, Supplier<?> product) { return 2 * n * n * n / suite.median(product); }

    /** Of 95% zeros a sparse product is three times as fast as the dense one, of 30% it is not faster. */
    private void breakEven() {
        long begin = System.nanoTime();
        var at = BreakEven.measure(Tensor.randn(Rng.of(254), sizes.matrix, sizes.matrix).compute(), 50, 0.3, 0.95);
        double few = at.getFirst().faster(), many = at.getLast().faster();
        var shape = sizes.matrix + "x" + sizes.matrix;
        suite.saw("unstructured-pruning", 4, "unstructured-pruning:many", "dense over sparse time, 95% zeros, at least 3", shape, DType.F32,
                many, many >= 3, begin);
        suite.saw("unstructured-pruning", 4, "unstructured-pruning:few", "the same, 30% zeros, at most 1", shape, DType.F32, few, few <= 1,
                begin);
    }

    private static Supplier<?> run(Module network, Tensor x) { return () -> Autograd.noGrad(() -> network.forward(x).compute()); }

    /** Strings of 8 to 20 symbols are learned to be reversed, 99% of their tokens, within 60 s. */
    private void reversal() {
        long begin = System.nanoTime();
        var model = new Transformer(TransformerConfig.original(64, 4, 128), TOKENS, 1, Rng.of(2));
        var optimizer = new Adam(3e-3).over(model.parameters());
        var rng = Rng.of(5);
        for (int step = 0; step < sizes.reversing; step++) {
            if (step == sizes.reversing * 2 / 3) optimizer.scaleRates(0.3);
            if (step < 50) optimizer.scaleRates(step == 0 ? 0.02 : (step + 1.0) / step);
            try (var scope = Scope.open("step")) {
                Tensor symbols = strings(rng), reversed = symbols.flip(1);
                var before = Tensor.concat(1, Tensor.full(DType.I64, 1, 48, 1), reversed.narrow(1, 0, reversed.size(1) - 1));
                optimizer.zeroGrad();
                new CrossEntropy().of(model.forward(symbols, before, Pass.training(rng)).reshape(-1, TOKENS), reversed.flatten())
                        .backward();
                optimizer.step();
            }
        }
        double share = Autograd.noGrad(() -> reversedRight(model)), seconds = (System.nanoTime() - begin) * 1e-9;
        suite.saw("attention-is-all-you-need", 5, "reversal", "time of learning to reverse over 60 s, at most 1", "8 to 20 of 16",
                DType.F32, seconds / 60, seconds <= 60 && share >= 0.99, begin);
    }

    private static Tensor strings(Rng rng) {
        int length = 8 + rng.nextInt(13);
        return Tensor.randint(rng, 2, TOKENS, 48, length);
    }

    /** The share of right tokens of fresh strings, decoded greedily step by step. */
    private static double reversedRight(Transformer model) {
        var fresh = Rng.of(99);
        double right = 0, all = 0;
        for (int batch = 0; batch < 8; batch++) {
            var symbols = strings(fresh);
            var state = model.start(symbols, null, Pass.inference());
            var last = Tensor.full(DType.I64, 1, 48, 1);
            for (long t = symbols.size(1) - 1; t >= 0; t--) {
                last = model.forward(last, state, Pass.inference()).argmax(-1);
                right += last.flatten().eq(symbols.narrow(1, t, 1).flatten()).to(DType.F64).sum().item();
                all += 48;
            }
        }
        return right / all;
    }

    /** Addition mod 31 goes from memory to rule within 60 s; what it must show meanwhile is a test's. */
    private void grokking() {
        long begin = System.nanoTime();
        var run = new GrokkingExperiment(31).run(sizes.grokking, Rng.of(1), Progress.SILENT);
        double seconds = (System.nanoTime() - begin) * 1e-9;
        suite.saw("grokking", 1, "grokking", "time of addition mod 31 over 60 s, at most 1", sizes.grokking + " steps", DType.F32,
                seconds / 60, seconds <= 60 && run.firstTest(0.95) > 0, begin);
    }
}
