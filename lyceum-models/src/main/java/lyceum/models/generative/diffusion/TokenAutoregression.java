package lyceum.models.generative.diffusion;

import lyceum.DType;
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
 * Strings from left to right, {@code log p(x) = sum of log p(x_i | x_<i)}, by a causal transformer: an exact likelihood, and a pass a token to draw. Strings are
 * (n, L) of integers.
 *
 * @see MaskedDiffusion
 */
public final class TokenAutoregression extends Module implements Generator {
    private final TokenModelConfig config;
    private final TokenNetwork network;

    public TokenAutoregression(TokenModelConfig config, Rng rng) {
        this.config = config;
        network = new TokenNetwork(config, true, rng);
    }

    public TokenModelConfig config() { return config; }

    /** Logits (n, L, vocabulary) of each token by those before it. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var start = Tensor.full(DType.I64, (long) config.vocabulary(), x.size(0), 1);
        return network.forward(Tensor.concat(1, start, x.to(DType.I64).narrow(1, 0, x.size(1) - 1)), pass);
    }

    /** Log-probabilities (n, L) of the tokens, in nats, recorded; their sums are the strings'. */
    public Tensor logProbabilities(Tensor x, Pass pass) {
        var ids = TokenNetwork.require("TokenAutoregression", config, x);
        return TokenNetwork.ofTokens(forward(ids, pass), ids);
    }

    /** Of whole strings (n), not recorded. */
    public Tensor logProbability(Tensor x) { return Autograd.noGrad(() -> logProbabilities(x, Pass.inference()).sum(1).compute()); }

    /** The mean negative log-probability of a token, in nats. */
    public BatchLoss over(Tensor x) { return (rows, pass) -> logProbabilities(x.rows(rows), pass).mean().neg(); }

    @Override public Tensor sample(int n, Rng rng) { return sample(n, rng, Progress.SILENT); }

    /** In L passes. @throws lyceum.progress.CancelledException if progress says so */
    public Tensor sample(int n, Rng rng, Progress progress) {
        if (n < 1) throw new IllegalArgumentException("TokenAutoregression.sample: " + n + " strings; at least 1");
        int v = config.vocabulary(), length = config.length();
        var rows = new int[n][length];
        for (int t = 0; t < length; t++) {
            int at = t;
            double[] logits = Autograd.noGrad(() -> {
                try (var scope = Scope.open("token")) {
                    return forward(TokenNetwork.tensor(rows).narrow(1, 0, at + 1L), Pass.inference()).select(1, at).to(DType.F64).flatten()
                            .toDoubleArray();
                }
            });
            for (int i = 0; i < n; i++) rows[i][t] = TokenNetwork.draw(logits, i * v, v, rng);
            progress.step("tokens", t + 1L, length);
        }
        return TokenNetwork.tensor(rows);
    }
}
