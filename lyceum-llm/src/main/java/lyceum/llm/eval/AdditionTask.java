package lyceum.llm.eval;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import lyceum.llm.CausalLM;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;
import lyceum.withers.Withers;

/**
 * Sums as text, {@code "123+456=579"}: what a tokenizer makes easy or hard to learn.
 *
 * @param digits of each number, which does not begin with 0
 * @param reversed whether numbers are written from their last digit on, so that carries go with the reading (Lee et al. 2023)
 */
@Withers
public record AdditionTask(int digits, boolean reversed) implements AdditionTaskWithers {
    public AdditionTask {
        if (digits < 1 || digits > 9) throw new IllegalArgumentException("AdditionTask: numbers of " + digits + " digits; 1 to 9");
    }

    /** A sum. @param question up to the equals sign @param answer behind it */
    public record Sum(String question, String answer) {
        public String text() { return question + answer; }
    }

    /** So many different sums in an order of chance: the first ones to learn from, others to be asked. */
    public List<Sum> draw(int count, Rng rng) {
        int least = (int) Math.pow(10, digits - 1), most = 10 * least;
        if (count > (double) (most - least) * (most - least) / 2)
            throw new IllegalArgumentException("AdditionTask.draw: " + count + " sums of " + digits + " digits; too many to be different");
        var seen = new HashSet<Long>();
        var sums = new ArrayList<Sum>();
        while (sums.size() < count) {
            int a = least + rng.nextInt(most - least), b = least + rng.nextInt(most - least);
            if (seen.add((long) a * most + b)) sums.add(new Sum(written(a) + "+" + written(b) + "=", written(a + b)));
        }
        return sums;
    }

    private String written(int number) {
        var text = new StringBuilder(String.valueOf(number));
        return (reversed ? text.reverse() : text).toString();
    }

    /** Share of sums whose answer a model writes, greedily, in as many tokens as the answer has and with the end behind them. @param end what stands behind an answer, such as a line's end */
    public static double accuracy(CausalLM model, Tokenizer tokenizer, List<Sum> sums, String end) {
        int right = 0;
        for (var sum : sums) {
            int[] question = tokenizer.ids(sum.question), whole = tokenizer.ids(sum.text() + end);
            var decoding = model.begin();
            int[] begun = model.startMark() < 0 ? question : marked(model.startMark(), question);
            var z = decoding.next(Tensor.of(begun, 1, begun.length));
            var written = new int[whole.length];
            System.arraycopy(question, 0, written, 0, question.length);
            for (int t = question.length; t < whole.length; t++) {
                written[t] = (int) z.argmax(-1).item();
                if (t + 1 < whole.length) z = decoding.next(Tensor.of(new int[] {written[t]}, 1, 1));
            }
            if (tokenizer.decode(written, true).equals(sum.text() + end)) right++;
        }
        return (double) right / sums.size();
    }

    private static int[] marked(int mark, int... ids) {
        var all = new int[ids.length + 1];
        all[0] = mark;
        System.arraycopy(ids, 0, all, 1, ids.length);
        return all;
    }
}
