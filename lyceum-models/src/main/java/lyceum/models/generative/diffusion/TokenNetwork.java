package lyceum.models.generative.diffusion;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerEncoder;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** From tokens (n, L), one of which may be {@code vocabulary}, to logits (n, L, vocabulary). */
final class TokenNetwork extends Module {
    private final Embedding embedding;
    private final TransformerEncoder encoder;
    private final Linear head;

    TokenNetwork(TokenModelConfig config, boolean causal, Rng rng) {
        int width = config.block().width();
        embedding = new Embedding(config.vocabulary() + 1L, width, rng);
        encoder = new TransformerEncoder(causal ? config.block().causal() : config.block(), config.layers(), rng);
        head = new Linear(width, config.vocabulary(), rng);
    }

    @Override protected Tensor compute(Tensor ids, Pass pass) {
        return head.forward(encoder.forward(embedding.forward(ids, pass), pass), pass);
    }

    /** Log-probabilities (n, L) of the tokens that stand there. */
    static Tensor ofTokens(Tensor logits, Tensor x) { return logits.logSoftmax(2).gather(2, x.unsqueeze(2)).squeeze(2); }

    static Tensor require(String name, TokenModelConfig config, Tensor x) {
        if (x.rank() != 2 || x.size(1) != config.length() || !x.dtype().isInteger()) throw new ShapeException(
                name + ": strings " + x.shape() + " of " + x.dtype() + "; they are (n, " + config.length() + ") of integers");
        if (x.count() > 0 && (x.min().item() < 0 || x.max().item() >= config.vocabulary())) throw new IllegalArgumentException(
                name + ": tokens from " + x.min().item() + " to " + x.max().item() + "; they lie in 0 to " + (config.vocabulary() - 1));
        return x.to(DType.I64);
    }

    /** A token by logits, in F64: noise of few bits draws at a lower temperature than it claims (Zheng et al. 2025). */
    static int draw(double[] logits, int from, int count, Rng rng) {
        double most = Double.NEGATIVE_INFINITY, sum = 0;
        for (int i = 0; i < count; i++) most = Math.max(most, logits[from + i]);
        for (int i = 0; i < count; i++) sum += Math.exp(logits[from + i] - most);
        double u = rng.nextDouble() * sum;
        int token = 0;
        while (token < count - 1 && (u -= Math.exp(logits[from + token] - most)) >= 0) token++;
        return token;
    }

    static int[][] rows(Tensor x) {
        int n = (int) x.size(0), length = (int) x.size(1);
        int[] flat = x.toIntArray();
        var rows = new int[n][];
        for (int i = 0; i < n; i++) rows[i] = Arrays.copyOfRange(flat, i * length, (i + 1) * length);
        return rows;
    }

    static Tensor tensor(int[][] rows) {
        var flat = new long[rows.length * rows[0].length];
        for (int i = 0, k = 0; i < rows.length; i++) for (int token : rows[i]) flat[k++] = token;
        return Tensor.of(flat, rows.length, rows[0].length);
    }
}
