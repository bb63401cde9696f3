package lyceum.llm;

import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * A {@link Bert} with one linear layer for a task, to be tuned together.
 *
 * {@snippet :
 * var task = new BertTask(bert, BertTask.Kind.SEQUENCE, 2, 0.1, rng);
 * task.loss(ids, null, padded, labels, Pass.training(rng)).backward();
 * }
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin, Chang, Lee and Toutanova (2019), section 4</a>
 */
public final class BertTask extends Module {
    /** What is asked. */
    public enum Kind {
        /** A class of each text, from the pooler: logits (batch, outputs), labels (batch). */
        SEQUENCE,
        /** A class of each token: logits (batch, T, outputs), labels (batch, T), -100 where there is none. */
        TOKENS,
        /** Where an answer begins and ends: logits (batch, T, 2), labels (batch, 2). */
        SPAN
    }

    private final Kind kind;
    private final Bert bert;
    private final Dropout dropout;
    private final Linear classifier;

    /** @param outputs classes; 2 for a span */
    public BertTask(Bert bert, Kind kind, int outputs, double dropout, Rng rng) {
        if (outputs < 1 || kind == Kind.SPAN && outputs != 2)
            throw new IllegalArgumentException("BertTask: " + outputs + " outputs for " + kind + "; at least 1, and 2 for a span");
        this.kind = kind;
        this.bert = bert;
        this.dropout = new Dropout(dropout);
        classifier = new Linear(bert.config().width(), outputs, true, bert.config().dtype(), Init.normal(0.02), rng);
    }

    public Bert bert() { return bert; }

    @Override protected Tensor compute(Tensor ids, Pass pass) { return answer(ids, null, null, pass); }

    /** Logits, of the shape of the {@link Kind}. */
    public Tensor logits(Tensor ids, Tensor types, Attention mask, Pass pass) { return emit(ids, answer(ids, types, mask, pass), pass); }

    private Tensor answer(Tensor ids, Tensor types, Attention mask, Pass pass) {
        var states = bert.states(ids, types, mask, pass);
        return classifier.forward(dropout.forward(kind == Kind.SEQUENCE ? bert.pooled(states, pass) : states, pass), pass);
    }

    /** Mean cross-entropy; for a span the mean of both ends'. */
    public Tensor loss(Tensor ids, Tensor types, Attention mask, Tensor labels, Pass pass) {
        var z = logits(ids, types, mask, pass);
        return switch (kind) {
            case SEQUENCE -> new CrossEntropy().of(z, labels);
            case TOKENS -> new CrossEntropy().of(z.reshape(z.size(0) * z.size(1), z.size(2)), labels.flatten());
            case SPAN -> new CrossEntropy().of(z.select(2, 0), labels.select(1, 0))
                    .add(new CrossEntropy().of(z.select(2, 1), labels.select(1, 1))).div(2);
        };
    }

    /** First and last token of the best answer in a row of span logits (T, 2), no longer than so many tokens: the largest {@code start + end} with end >= start. */
    public static int[] span(Tensor logits, int longest) {
        double[][] z = logits.toRows();
        int[] best = {0, 0};
        for (int start = 0; start < z.length; start++)
            for (int end = start; end < Math.min(z.length, start + longest); end++)
                if (z[start][0] + z[end][1] > z[best[0]][0] + z[best[1]][1]) best = new int[] {start, end};
        return best;
    }
}
