package lyceum.llm;

import java.util.Arrays;
import java.util.List;
import lyceum.tensor.Tensor;

/**
 * What a model wrote behind a prompt.
 *
 * @param ids that were drawn, an end mark among them if that ended it
 * @param logProbabilities of each under the model itself, given all before it, nats: what teacher-forced scoring gives
 * @param drawnLogProbabilities of each under the distribution that it was drawn from, after temperature, penalties and truncation
 * @param text of the ids without control tokens, cut before a stop string; empty where there was no tokenizer
 * @param ending why it ended
 */
public record Continuation(int[] ids, double[] logProbabilities, double[] drawnLogProbabilities, String text, Ending ending) {

    /** Why a continuation ended. */
    public enum Ending {
        /** An end mark was drawn. */
        END_MARK,
        /** Its text reached a stop string. */
        STOP_STRING,
        /** As many ids as were asked for. */
        LENGTH,
        /** The model's context is full. */
        CONTEXT,
        /** The time was over. */
        TIME,
        /** The caller's own criterion held. */
        PREDICATE
    }

    /** Log-probability of all ids under the model: {@code log p(ids | prompt)}. */
    public double logProbability() { return Arrays.stream(logProbabilities).sum(); }

    /** Ids (rows, longest) of several, shorter ones padded behind. */
    public static Tensor padded(List<Continuation> rows, int pad) {
        int longest = rows.stream().mapToInt(c -> c.ids.length).max().orElse(0);
        var all = new int[rows.size() * longest];
        Arrays.fill(all, pad);
        for (int r = 0; r < rows.size(); r++) System.arraycopy(rows.get(r).ids, 0, all, r * longest, rows.get(r).ids.length);
        return Tensor.of(all, rows.size(), longest);
    }
}
