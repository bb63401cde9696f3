package lyceum.llm;

import java.util.ArrayList;
import java.util.List;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A pretrained decoder with one linear layer that reads the last token, as GPT-1 is fine-tuned: every task is written as a row of tokens with a start, a delimiter and
 * an extract token, whose embeddings are the only new ones.
 *
 * <pre>
 * {@link #single}                 start text extract                        classification
 * {@link #pair}                   start premise delimiter hypothesis extract    entailment, or one answer of a choice
 * {@link #similarity}             both orders, the states at extract added
 * {@link #choice}                 a row an answer, softmax over their scores
 * </pre>
 *
 * {@snippet :
 * var task = new TaskDecoder(pretrained, 4, rng);
 * var rows = texts.stream().map(task::single).toList();
 * task.loss(rows, labels, 0.5, Pass.training(rng)).backward();        // task loss plus half the language model's
 * }
 *
 * @see <a href="https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf">Radford et al. (2018)</a>
 */
public final class TaskDecoder extends Module {
    private final DecoderLM body;
    private final Linear head;

    /** An independent copy of the decoder with three more ids, and a head that begins normal. @param classes outputs of the head; 1 for choices */
    public TaskDecoder(DecoderLM pretrained, int classes, Rng rng) {
        body = pretrained.resized(pretrained.vocabulary() + 3, rng);
        head = new Linear(body.config().width(), classes, true, body.config().dtype(), Init.normal(body.config().deviation()), rng);
    }

    /** The decoder, whose last three ids are start, delimiter and extract. */
    public DecoderLM body() { return body; }

    public int start() { return body.vocabulary() - 3; }

    public int delimiter() { return body.vocabulary() - 2; }

    public int extract() { return body.vocabulary() - 1; }

    /** {@code start text extract}. */
    public int[] single(int... text) { return row(text, null); }

    /** {@code start first delimiter second extract}. */
    public int[] pair(int[] first, int[] second) { return row(first, second); }

    private int[] row(int[] first, int[] second) {
        var row = new int[first.length + 2 + (second == null ? 0 : second.length + 1)];
        row[0] = start();
        System.arraycopy(first, 0, row, 1, first.length);
        if (second != null) {
            row[first.length + 1] = delimiter();
            System.arraycopy(second, 0, row, first.length + 2, second.length);
        }
        row[row.length - 1] = extract();
        return row;
    }

    private record Batch(Tensor ids, SequenceLayout layout, Tensor lasts) {
        static Batch of(List<int[]> rows) {
            if (rows.isEmpty()) throw new IllegalArgumentException("TaskDecoder: no rows");
            int columns = rows.stream().mapToInt(r -> r.length).max().orElseThrow();
            var ids = new int[rows.size() * columns];
            var lengths = new int[rows.size()];
            var lasts = new long[rows.size()];
            for (int r = 0; r < lengths.length; r++) {
                lengths[r] = rows.get(r).length;
                lasts[r] = (long) r * columns + lengths[r] - 1; // of the row itself, not of its padding
                System.arraycopy(rows.get(r), 0, ids, r * columns, lengths[r]);
            }
            return new Batch(Tensor.of(ids, lengths.length, columns), SequenceLayout.rightPadded(columns, lengths), Tensor.of(lasts));
        }

        Tensor last(Tensor hidden) { return hidden.reshape(-1, hidden.size(-1)).indexSelect(0, lasts); }
    }

    /** What the head reads: the state at the last token of each row, (rows, width). */
    public Tensor states(List<int[]> rows, Pass pass) {
        var batch = Batch.of(rows);
        return batch.last(body.hidden(batch.ids, batch.layout, pass));
    }

    /** Of states (rows, width): (rows, classes). */
    @Override protected Tensor compute(Tensor states, Pass pass) { return head.forward(states, pass); }

    /** (rows, classes). */
    public Tensor logits(List<int[]> rows, Pass pass) { return forward(states(rows, pass), pass); }

    /** Of pairs of texts, the same whichever stands first: (pairs, classes). */
    public Tensor similarity(List<int[]> first, List<int[]> second, Pass pass) {
        if (first.size() != second.size()) throw new IllegalArgumentException(
                "TaskDecoder.similarity: " + first.size() + " texts and " + second.size() + "; pairs of them");
        List<int[]> one = new ArrayList<>(), other = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            one.add(pair(first.get(i), second.get(i)));
            other.add(pair(second.get(i), first.get(i)));
        }
        return forward(states(one, pass).add(states(other, pass)), pass);
    }

    /** Scores of the answers to each context, softmax over which is the choice: (contexts, answers). @throws IllegalStateException unless the head has one output */
    public Tensor choice(List<int[]> contexts, List<List<int[]>> answers, Pass pass) {
        if (head.weight().size(0) != 1)
            throw new IllegalStateException("TaskDecoder.choice: a head of " + head.weight().size(0) + " outputs; one scores answers");
        int each = answers.getFirst().size();
        var rows = new ArrayList<int[]>();
        for (int i = 0; i < contexts.size(); i++) {
            if (answers.get(i).size() != each) throw new IllegalArgumentException(
                    "TaskDecoder.choice: " + each + " answers to the first context, " + answers.get(i).size() + " to number " + i);
            for (var answer : answers.get(i)) rows.add(pair(contexts.get(i), answer));
        }
        return logits(rows, pass).reshape(contexts.size(), each);
    }

    /**
     * {@code task + lambda LM}: cross-entropy of the labels and, on the same rows, of each next token.
     *
     * @param labels (rows) I64
     * @param lambda weight of the language model's loss; 0 leaves it out, the paper has 0.5
     */
    public Tensor loss(List<int[]> rows, Tensor labels, double lambda, Pass pass) {
        if (!(lambda >= 0 && lambda < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("TaskDecoder.loss: lambda is " + lambda + "; it is at least 0");
        var batch = Batch.of(rows);
        var hidden = body.hidden(batch.ids, batch.layout, pass);
        var task = new CrossEntropy().of(forward(batch.last(hidden), pass), labels);
        if (lambda == 0) return task;
        var next = CausalLabels.of(batch.ids).withPadding(batch.layout.real());
        return task.add(new CausalLmLoss().tokens(body.unembedded(hidden, pass), next).mean().mul(lambda));
    }
}
