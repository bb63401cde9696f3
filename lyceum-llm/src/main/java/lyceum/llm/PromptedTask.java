package lyceum.llm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.tensor.Tensor;
import lyceum.text.EncodeOptions;
import lyceum.text.Tokenizer;
import lyceum.withers.Withers;

/**
 * A task put to a language model as text, with no weight touched: an instruction, K solved examples, the question. K = 0 is zero-shot (Radford et al. 2019), 1 one-shot,
 * more few-shot (Brown et al. 2020). Answers are scored by likelihood or written by the model.
 *
 * {@snippet :
 * var task = PromptedTask.of(tokenizer, "Translate English to French.\n", " => ", "\n");
 * int[] prompt = task.prompt(demonstrations, question);
 * int best = task.choose(model, prompt, answers);                      // the likeliest of some answers
 * List<int[]> written = task.complete(model, List.of(prompt), 8);      // greedily, up to what ends an example
 * }
 *
 * @param instruction ids before all examples; may be none
 * @param asks ids between a question and its answer; may be none
 * @param ends ids behind an answer; the first of them ends what the model writes. Where there is none, answers are as long as they are asked for
 * @param scoring of answers of different lengths
 */
@Withers
public record PromptedTask(int[] instruction, int[] asks, int[] ends, Scoring scoring) implements PromptedTaskWithers {

    /** How answers are compared. */
    public enum Scoring {
        /** {@code log p(answer | prompt)}: short answers are favoured. */
        SUM,
        /** The same for each id. */
        MEAN,
        /** {@code log p(answer | prompt) - log p(answer | asks)}: what the question adds (Brown et al. 2020, section 2.4). */
        GAIN
    }

    /** A question and its answer. */
    public record Example(int[] question, int[] answer) {}

    public PromptedTask {
        instruction = instruction.clone();
        asks = asks.clone();
        ends = ends.clone();
        if (scoring == Scoring.GAIN && asks.length == 0)
            throw new IllegalArgumentException("PromptedTask: a gain is over what stands between question and answer, and asks has no id");
    }

    /** Nothing before the examples, answers by their whole likelihood. */
    public PromptedTask(int[] asks, int[] ends) { this(new int[0], asks, ends, Scoring.SUM); }

    /** From texts. A blank at the end of {@code asks} splits the answer's first token from the blank that it is wont to begin with. */
    public static PromptedTask of(Tokenizer tokenizer, String instruction, String asks, String ends) {
        return new PromptedTask(tokenizer.ids(instruction, EncodeOptions.PLAIN), tokenizer.ids(asks, EncodeOptions.PLAIN),
                tokenizer.ids(ends, EncodeOptions.PLAIN), Scoring.SUM);
    }

    /** Instruction, demonstrations and the question, up to where its answer begins. */
    public int[] prompt(List<Example> demonstrations, int[] question) {
        var parts = new ArrayList<int[]>();
        parts.add(instruction);
        for (var shown : demonstrations) parts.addAll(List.of(shown.question, asks, shown.answer, ends));
        parts.addAll(List.of(question, asks));
        return joined(parts);
    }

    private static int[] joined(List<int[]> parts) {
        var all = new int[parts.stream().mapToInt(p -> p.length).sum()];
        int at = 0;
        for (var part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** A score of each answer behind the prompt, by {@link #scoring}; more is better. */
    public double[] scores(CausalLM model, int[] prompt, List<int[]> answers) {
        double[] scores = likelihoods(model, prompt, answers);
        double[] alone = scoring == Scoring.GAIN ? likelihoods(model, asks, answers) : new double[scores.length];
        for (int i = 0; i < scores.length; i++)
            scores[i] = scoring == Scoring.MEAN ? scores[i] / answers.get(i).length : scores[i] - alone[i];
        return scores;
    }

    /** The number of the best answer; of equal ones the first. */
    public int choose(CausalLM model, int[] prompt, List<int[]> answers) {
        double[] scores = scores(model, prompt, answers);
        int best = 0;
        for (int i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
        return best;
    }

    /** {@code log p(answer | prompt)} of each, in one batch, nats. @throws IllegalArgumentException if a prompt or an answer is empty */
    public static double[] likelihoods(CausalLM model, int[] prompt, List<int[]> answers) {
        if (prompt.length == 0 || answers.isEmpty() || answers.stream().anyMatch(a -> a.length == 0)) throw new IllegalArgumentException(
                "PromptedTask: a prompt of " + prompt.length + " ids and " + answers.size() + " answers; none is empty");
        int rows = answers.size(), longest = answers.stream().mapToInt(a -> a.length).max().orElseThrow(),
                columns = prompt.length + longest - 1;
        var ids = new int[rows * columns];
        var lengths = new int[rows];
        for (int r = 0; r < rows; r++) {
            int[] answer = answers.get(r);
            System.arraycopy(prompt, 0, ids, r * columns, prompt.length);
            System.arraycopy(answer, 0, ids, r * columns + prompt.length, answer.length - 1); // nothing is asked behind the last
            lengths[r] = prompt.length + answer.length - 1;
        }
        var layout = SequenceLayout.rightPadded(columns, lengths);
        double[][] logs = Autograd.noGrad(() -> model.logits(Tensor.of(ids, rows, columns), layout, Pass.inference())
                .narrow(1, prompt.length - 1, longest).logSoftmax(-1).reshape((long) rows * longest, -1)).toRows();
        var sums = new double[rows];
        for (int r = 0; r < rows; r++) for (int t = 0; t < answers.get(r).length; t++) sums[r] += logs[r * longest + t][answers.get(r)[t]];
        return sums;
    }

    /** What the model writes behind each prompt, the likeliest id each time, up to what ends an example, the model's end mark, or {@code most} ids. */
    public List<int[]> complete(CausalLM model, List<int[]> prompts, int most) {
        if (most < 1) throw new IllegalArgumentException("PromptedTask.complete: " + most + " ids at most; at least 1");
        var decoding = model.begin();
        int rows = prompts.size();
        var written = new int[rows][most];
        var lengths = new int[rows];
        var done = new boolean[rows];
        Tensor logits = decoding.next(prompts.toArray(int[][]::new));
        for (int t = 0;; t++) {
            long[] best = logits.argmax(-1).toLongArray();
            var next = new int[rows];
            boolean all = true;
            for (int r = 0; r < rows; r++) {
                next[r] = (int) best[r];
                done[r] |= ends.length > 0 && next[r] == ends[0] || next[r] == model.endMark();
                if (!done[r]) written[r][lengths[r]++] = next[r];
                all &= done[r];
            }
            if (all || t + 1 == most) break;
            logits = decoding.next(Tensor.of(next, rows, 1));
        }
        var texts = new ArrayList<int[]>();
        for (int r = 0; r < rows; r++) texts.add(Arrays.copyOf(written[r], lengths[r]));
        return texts;
    }

    private boolean isAnswer(int[] written, int[] answer) {
        return Arrays.equals(ends.length > 0 ? written : Arrays.copyOf(written, Math.min(written.length, answer.length)), answer);
    }

    /** Share of questions whose answer the model writes exactly. @param demonstrations of each question, or one list for all */
    public double accuracy(CausalLM model, List<List<Example>> demonstrations, List<Example> questions) {
        if (questions.isEmpty() || demonstrations.size() != 1 && demonstrations.size() != questions.size())
            throw new IllegalArgumentException("PromptedTask.accuracy: " + demonstrations.size() + " lists of demonstrations for "
                    + questions.size() + " questions; one, or one each");
        int right = 0, batch = 64;
        for (int from = 0; from < questions.size(); from += batch) {
            int to = Math.min(questions.size(), from + batch), longest = 1;
            var prompts = new ArrayList<int[]>();
            for (int i = from; i < to; i++) {
                prompts.add(prompt(demonstrations.get(demonstrations.size() == 1 ? 0 : i), questions.get(i).question));
                longest = Math.max(longest, questions.get(i).answer.length + 1);
            }
            var written = complete(model, prompts, longest);
            for (int i = from; i < to; i++) if (isAnswer(written.get(i - from), questions.get(i).answer)) right++;
        }
        return (double) right / questions.size();
    }
}
