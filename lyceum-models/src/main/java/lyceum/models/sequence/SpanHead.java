package lyceum.models.sequence;

import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Two pointers into a text, where an answer starts and where it ends: logits (batch, 2, T) of states (batch, T, width).
 *
 * @see <a href="https://arxiv.org/abs/1608.07905">Wang and Jiang (2017)</a>
 */
public final class SpanHead extends Module {
    private final Linear ends;

    public SpanHead(int width, Rng rng) { ends = new Linear(width, 2, true, DType.F32, Init.torchLinear(width), rng); }

    /** From {@code first} to {@code last}, both in it. */
    public record Span(int first, int last) {}

    @Override protected Tensor compute(Tensor states, Pass pass) { return ends.forward(states, pass).transpose(1, 2); }

    /** Log-probabilities (batch, 2, T). @param seen BOOL (batch, T), or null */
    public Tensor logs(Tensor states, Tensor seen, Pass pass) {
        var logits = forward(states, pass);
        return (seen == null ? logits : logits.maskedFill(seen.not().unsqueeze(1), Double.NEGATIVE_INFINITY)).logSoftmax(2);
    }

    /** The mean negative log-probability of a start and an end. @param spans (batch, 2), I64 */
    public Tensor loss(Tensor states, Tensor seen, Tensor spans, Pass pass) {
        return logs(states, seen, pass).gather(2, spans.unsqueeze(2)).mean().neg();
    }

    /** The likeliest span of each row, its end not before its start and at most {@code longest} places long. */
    public static Span[] best(Tensor logs, int longest) {
        int batch = (int) logs.size(0), n = (int) logs.size(2);
        double[] all = logs.toDoubleArray();
        var spans = new Span[batch];
        for (int b = 0; b < batch; b++) {
            double best = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < n; i++) for (int j = i; j < Math.min(n, i + longest); j++) {
                double sum = all[2 * b * n + i] + all[(2 * b + 1) * n + j];
                if (sum > best || spans[b] == null) {
                    best = sum;
                    spans[b] = new Span(i, j);
                }
            }
        }
        return spans;
    }
}
