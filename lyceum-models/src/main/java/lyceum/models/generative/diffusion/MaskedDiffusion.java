package lyceum.models.generative.diffusion;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.models.generative.Generator;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/**
 * Absorbing discrete diffusion: tokens are masked one after the other, and a transformer that sees both sides learns each masked token's law given the visible ones. The
 * likelihood is bounded by the mean over orders of unmasking, {@code log p(x) >= E_pi sum_i log p(x_pi(i) | x_pi(1), .., x_pi(i-1))}.
 *
 * {@snippet :
 * var model = new MaskedDiffusion(new TokenModelConfig(4, 32, 2, 32, 2), rng);
 * new Trainer(new Adam(3e-3), 20).start(model, (int) x.size(0), model.over(x), null, rng).finish(Progress.SILENT);
 * Tensor bounds = model.bound(y, 8, rng).mean(1);                    // nats a string, at least the truth's in the mean
 * Tensor drawn = model.sample(100, 8, rng, Progress.SILENT);         // eight passes
 * Tensor filled = model.infill(x, x.ne(0), 4, rng, Progress.SILENT);
 * }
 *
 * <p>One term of the bound hides m tokens, m uniform in 1 to L, and weighs their negative log-probabilities by L / m: the continuous-time objective with every masking
 * schedule, since the network is not told the time. Strings are (n, L) of integers; the mask is the number {@code vocabulary}.
 *
 * @see <a href="https://arxiv.org/abs/2107.03006">Austin, Johnson, Ho, Tarlow and van den Berg (2021)</a>
 * @see <a href="https://arxiv.org/abs/2406.07524">Sahoo et al. (2024)</a>
 */
public final class MaskedDiffusion extends Module implements Generator {
    private final TokenModelConfig config;
    private final TokenNetwork network;

    public MaskedDiffusion(TokenModelConfig config, Rng rng) {
        this.config = config;
        network = new TokenNetwork(config, false, rng);
    }

    public TokenModelConfig config() { return config; }

    /** Logits (n, L, vocabulary) of every place by the visible tokens; those of visible places mean nothing. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return network.forward(x.to(DType.I64), pass); }

    /** Log-probabilities (n, L) of the tokens where {@code hidden} (n, L) is not 0, given the others; 0 elsewhere. Recorded. */
    public Tensor logProbabilities(Tensor x, Tensor hidden, Pass pass) {
        var ids = TokenNetwork.require("MaskedDiffusion", config, x);
        if (!hidden.shape().equals(x.shape()))
            throw new ShapeException("MaskedDiffusion: what is hidden has shape " + hidden.shape() + ", the strings " + x.shape());
        var masked = hidden.ne(0);
        var seen = masked.where(Tensor.full(DType.I64, (long) config.vocabulary(), x.shape().toArray()), ids);
        return TokenNetwork.ofTokens(forward(seen, pass), ids).maskedFill(masked.not(), 0.0);
    }

    /** A random number of tokens of each row, at random places: 1 where hidden, times L over the number. */
    private Tensor weights(long n, Rng rng) {
        int length = config.length();
        var weights = new float[(int) n * length];
        for (int i = 0; i < n; i++) {
            int[] order = rng.permutation(length);
            int hidden = 1 + rng.nextInt(length);
            for (int k = 0; k < hidden; k++) weights[i * length + order[k]] = (float) length / hidden;
        }
        return Tensor.of(weights, n, length);
    }

    /** A term of the bound for each row (n), by the draws of rng, in nats; recorded. */
    private Tensor term(Tensor x, Rng rng, Pass pass) {
        var weights = weights(x.size(0), rng);
        return logProbabilities(x, weights, pass).mul(weights).sum(1).neg();
    }

    /** The bound on the mean negative log-probability of a token, in nats, by one draw a row. */
    public BatchLoss over(Tensor x) {
        return (rows, pass) -> {
            if (pass.rng() == null)
                throw new IllegalArgumentException("MaskedDiffusion.over: the pass has no random stream; use Pass.training");
            return term(x.rows(rows), pass.rng(), pass).mean().div(config.length());
        };
    }

    /** Unbiased draws (n, draws) of the bound on each string's negative log-probability, in nats: their mean over axis 1 estimates it. */
    public Tensor bound(Tensor x, int draws, Rng rng) {
        if (draws < 1) throw new IllegalArgumentException("MaskedDiffusion.bound: " + draws + " draws; at least 1");
        return Autograd.noGrad(() -> {
            var columns = new Tensor[draws];
            for (int k = 0; k < draws; k++) {
                try (var scope = Scope.open("bound")) {
                    columns[k] = term(x, rng.split(k), Pass.inference()).compute().keptBy(scope);
                }
            }
            return Tensor.stack(1, columns).compute();
        });
    }

    /** The log-probability (n) of strings whose tokens are told in that order, a pass each: a distribution over strings for every order. */
    public Tensor logProbability(Tensor x, int... order) {
        int[] sorted = order.clone();
        Arrays.sort(sorted);
        for (int i = 0; i < Math.max(sorted.length, config.length()); i++)
            if (sorted.length != config.length() || sorted[i] != i) throw new IllegalArgumentException(
                    "MaskedDiffusion.logProbability: " + Arrays.toString(order) + " is not a permutation of 0 to " + (config.length() - 1));
        return Autograd.noGrad(() -> {
            var hidden = new double[config.length()];
            Arrays.fill(hidden, 1);
            Tensor sum = null;
            for (int place : order) {
                var mask = Tensor.of(hidden, 1, hidden.length).expand(x.size(0), hidden.length);
                var term = logProbabilities(x, mask, Pass.inference()).select(1, place);
                sum = (sum == null ? term : sum.add(term)).compute();
                hidden[place] = 0;
            }
            return sum;
        });
    }

    /** A token a pass, so that none is drawn beside another that it does not see. */
    @Override public Tensor sample(int n, Rng rng) { return sample(n, config.length(), rng, Progress.SILENT); }

    /** In so many passes, each of which tells an equal share of the places, drawn at random for each row. @param passes K, from 1 to L */
    public Tensor sample(int n, int passes, Rng rng, Progress progress) {
        if (n < 1) throw new IllegalArgumentException("MaskedDiffusion.sample: " + n + " strings; at least 1");
        var nothing = Tensor.zeros(DType.I64, n, config.length());
        return infill(nothing, nothing, passes, rng, progress);
    }

    /**
     * Strings whose known tokens stay and whose others are drawn, given all that is visible at either side.
     *
     * @param known (n, L): not 0 where x is kept; elsewhere x is not read
     * @param passes K, each of which tells an equal share of a row's unknown tokens
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public Tensor infill(Tensor x, Tensor known, int passes, Rng rng, Progress progress) {
        int v = config.vocabulary(), length = config.length();
        if (passes < 1 || passes > length)
            throw new IllegalArgumentException("MaskedDiffusion: " + passes + " passes for " + length + " places; from 1 to as many");
        if (!known.shape().equals(x.shape()))
            throw new ShapeException("MaskedDiffusion.infill: strings " + x.shape() + ", known " + known.shape());
        int[][] rows = TokenNetwork.rows(TokenNetwork.require("MaskedDiffusion.infill", config, x)), orders = new int[rows.length][];
        boolean[] kept = known.ne(0).flatten().toBooleanArray();
        for (int i = 0; i < rows.length; i++) {
            int at = i * length;
            orders[i] = Arrays.stream(rng.permutation(length)).filter(p -> !kept[at + p]).toArray();
            for (int place : orders[i]) rows[i][place] = v;
        }
        for (int k = 0; k < passes; k++) {
            double[] logits = Autograd.noGrad(() -> {
                try (var scope = Scope.open("unmasking")) {
                    return forward(TokenNetwork.tensor(rows), Pass.inference()).to(DType.F64).flatten().toDoubleArray();
                }
            });
            for (int i = 0; i < rows.length; i++) {
                int open = orders[i].length, from = (int) ((long) open * k / passes), to = (int) ((long) open * (k + 1) / passes);
                for (int j = from; j < to; j++) {
                    int place = orders[i][j];
                    rows[i][place] = TokenNetwork.draw(logits, (i * length + place) * v, v, rng);
                }
            }
            progress.step("passes", k + 1L, passes);
        }
        return TokenNetwork.tensor(rows);
    }
}
