package lyceum.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.optim.UpdateRule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Learning that comes long after memorising: a two-layer network without biases, {@code logits = V f(W [onehot a; onehot b])}, on a table of modular
 * arithmetic of which it sees a part.
 *
 * {@snippet :
 * var run = new GrokkingExperiment(31).run(2000, Rng.of(1), Progress.SILENT);
 * long memorised = run.firstTrain(0.99), understood = run.firstTest(0.95);    // near 90 and 800
 * }
 *
 * <p>Full batches, F32, weights normal with deviation {@code 1 / sqrt(inputs)} of their layer.
 *
 * @param modulus p, at least 3
 * @param operation the rule of the table
 * @param trainShare of the p^2 pairs, in (0, 1)
 * @param hidden units
 * @param quadratic the activation is the square; else ReLU
 * @param rule of the steps, with its weight decay
 * @param every steps between records
 * @see <a href="https://arxiv.org/abs/2201.02177">Power et al. (2022)</a>
 * @see <a href="https://arxiv.org/abs/2301.05217">Nanda et al. (2023), for restricted and excluded loss</a>
 * @see <a href="https://arxiv.org/abs/2301.02679">Gromov (2023), for this network</a>
 */
@Withers
public record GrokkingExperiment(int modulus, Operation operation, double trainShare, int hidden, boolean quadratic, UpdateRule rule,
        int every) implements GrokkingExperimentWithers {

    /** What is computed modulo p. */
    public enum Operation {
        ADD, SUBTRACT, MULTIPLY, SUM_OF_SQUARES;

        int of(int a, int b, int p) {
            return switch (this) {
                case ADD -> (a + b) % p;
                case SUBTRACT -> (a - b + p) % p;
                case MULTIPLY -> a * b % p;
                case SUM_OF_SQUARES -> (a * a + b * b) % p;
            };
        }
    }

    /**
     * The state after some steps.
     *
     * @param weightNorm of both layers together
     * @param concentration mean inverse participation ratio of the units' Fourier spectra, from about {@code 2 / p} to 1
     * @param restrictedLoss over all pairs, of logits reduced to their {@link #KEY_FREQUENCIES} strongest frequencies in {@code a + b - c}
     * @param excludedLoss over training pairs, of logits without those frequencies
     */
    public record Record(long step, double trainLoss, double testLoss, double trainAccuracy, double testAccuracy, double weightNorm,
            double concentration, double restrictedLoss, double excludedLoss) {}

    /** Frequencies that count as the circuit in restricted and excluded loss. */
    public static final int KEY_FREQUENCIES = 5;

    /** What a run has seen, and its weights at the end: W (hidden, 2 p), V (p, hidden). */
    public record Run(List<Record> records, Tensor inner, Tensor outer) {

        /** The first recorded step at which training accuracy is at least this; -1 if never. */
        public long firstTrain(double accuracy) {
            return records.stream().filter(r -> r.trainAccuracy >= accuracy).mapToLong(Record::step).findFirst().orElse(-1);
        }

        /** The first recorded step at which test accuracy is at least this; -1 if never. */
        public long firstTest(double accuracy) {
            return records.stream().filter(r -> r.testAccuracy >= accuracy).mapToLong(Record::step).findFirst().orElse(-1);
        }
    }

    public GrokkingExperiment {
        Objects.requireNonNull(operation, "operation");
        Objects.requireNonNull(rule, "rule");
        if (modulus < 3 || modulus > 30_000)
            throw new IllegalArgumentException("GrokkingExperiment: modulus is " + modulus + "; it is 3 to 30000");
        if (!(trainShare > 0 && trainShare < 1))
            throw new IllegalArgumentException("GrokkingExperiment: trainShare is " + trainShare + "; it lies in (0, 1)");
        if (hidden < 1 || every < 1)
            throw new IllegalArgumentException("GrokkingExperiment: hidden is " + hidden + ", every " + every + "; both are at least 1");
    }

    /** Addition, half of the pairs, 128 squared units, AdamW of rate 0.003, betas 0.9 and 0.98 and decay 1, a record every 10 steps. */
    public GrokkingExperiment(int modulus) {
        this(modulus, Operation.ADD, 0.5, 128, true, new AdamW(3e-3).withBetas(0.9, 0.98).withWeightDecay(1), 10);
    }

    /** Trains from a fresh start. */
    public Run run(int steps, Rng rng, Progress progress) { return run(steps, 2, rng, progress); }

    /**
     * Trains until test accuracy is reached, or for so many steps.
     *
     * @param untilTest stops at the first record with this test accuracy; above 1 never
     */
    public Run run(int steps, double untilTest, Rng rng, Progress progress) {
        if (steps < 1) throw new IllegalArgumentException("GrokkingExperiment.run: steps is " + steps + "; it is at least 1");
        var table = new Table(rng.split(1));
        var inner = new Linear(2L * modulus, hidden, false, DType.F32, Init.lecunNormal(), rng.split(2));
        var outer = new Linear(hidden, modulus, false, DType.F32, Init.lecunNormal(), rng.split(3));
        var parameters = new LinkedHashMap<String, Tensor>();
        parameters.put("inner", inner.weight());
        parameters.put("outer", outer.weight());
        var optimizer = rule.over(parameters);
        var records = new ArrayList<Record>();
        for (int step = 0; step <= steps; step++) {
            try (var scope = Scope.open("grokking step")) {
                if (step % every == 0 || step == steps) {
                    records.add(record(step, table, inner.weight(), outer.weight()));
                    if (records.getLast().testAccuracy >= untilTest) break;
                }
                if (step == steps) break;
                optimizer.zeroGrad();
                Loss.crossEntropy(logits(table.trainX, inner.weight(), outer.weight()), table.trainY).backward();
                optimizer.step();
            }
            if (step % 100 == 0) progress.step("grokking", step, steps);
        }
        return new Run(List.copyOf(records), inner.weight().detach(), outer.weight().detach());
    }

    private Tensor logits(Tensor pairs, Tensor inner, Tensor outer) {
        var h = pairs.matmul(inner.transpose());
        return (quadratic ? h.square() : h.relu()).matmul(outer.transpose());
    }

    /** Training and test rows: two one-hot codes each. */
    private final class Table {
        final Tensor trainX, trainY, testX, testY;

        Table(Rng rng) {
            int p = modulus, n = p * p, kept = Math.clamp(Math.round(trainShare * n), 1, n - 1);
            var order = rng.permutation(n);
            var train = Arrays.copyOf(order, kept);
            var test = Arrays.copyOfRange(order, kept, n);
            trainX = codes(train);
            trainY = answers(train);
            testX = codes(test);
            testY = answers(test);
        }

        private Tensor codes(int[] pairs) {
            var x = new float[pairs.length * 2 * modulus];
            for (int i = 0; i < pairs.length; i++) {
                x[2 * i * modulus + pairs[i] / modulus] = 1;
                x[(2 * i + 1) * modulus + pairs[i] % modulus] = 1;
            }
            return Tensor.of(x, pairs.length, 2L * modulus);
        }

        private Tensor answers(int[] pairs) {
            var y = new long[pairs.length];
            for (int i = 0; i < y.length; i++) y[i] = operation.of(pairs[i] / modulus, pairs[i] % modulus, modulus);
            return Tensor.of(y);
        }
    }

    private Record record(long step, Table t, Tensor inner, Tensor outer) {
        return Autograd.noGrad(() -> {
            Tensor train = logits(t.trainX, inner, outer).compute(), test = logits(t.testX, inner, outer).compute();
            double norm = Math.sqrt(inner.square().sum().item() + outer.square().sum().item());
            var circuit = ModularCircuit.losses(modulus, KEY_FREQUENCIES, train, t.trainY, test, t.testY);
            return new Record(step, Loss.crossEntropy(train, t.trainY).item(), Loss.crossEntropy(test, t.testY).item(),
                    accuracy(train, t.trainY), accuracy(test, t.testY), norm, concentration(inner), circuit[0], circuit[1]);
        });
    }

    private static double accuracy(Tensor logits, Tensor y) { return logits.argmax(1).eq(y).to(DType.F64).mean().item(); }

    /**
     * How few frequencies each hidden unit uses: for both of its input codes, with powers {@code P_k} of the frequencies 1 to (p - 1) / 2 of its p weights,
     * {@code sum P_k^2 / (sum P_k)^2}, averaged over units and codes. 1 for a pure wave.
     *
     * @param inner (hidden, 2 p)
     */
    public static double concentration(Tensor inner) {
        int p = Math.toIntExact(inner.size(1) / 2), units = (int) inner.size(0), half = (p - 1) / 2;
        var power = power(inner.detach().to(DType.F64).reshape(2L * units, p), p, half);
        var sum = power.sum(1);
        return power.square().sum(1).div(sum.square()).mean().item();
    }

    /** Powers of frequencies 1 to half of rows of p. */
    private static Tensor power(Tensor rows, int p, int half) {
        var angle = Tensor.arange(0.0, p, 1).outer(Tensor.arange(1.0, half + 1, 1)).mul(2 * Math.PI / p);
        return rows.matmul(angle.cos()).square().add(rows.matmul(angle.sin()).square()).compute();
    }
}
