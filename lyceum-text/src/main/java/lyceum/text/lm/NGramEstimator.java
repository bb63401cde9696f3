package lyceum.text.lm;

import java.util.ArrayList;
import java.util.List;
import lyceum.text.count.NGramTrie;
import lyceum.withers.Withers;

/**
 * Learns an {@link NGramLanguageModel} from texts of ids.
 *
 * {@snippet :
 * var model = new NGramEstimator(3, vocabulary).withMarks(0, 1).fit(texts);              // modified Kneser-Ney
 * var katz = new NGramEstimator(3, vocabulary).withMarks(0, 1).withSmoothing(new NGramSmoothing.Katz()).fit(texts);
 * }
 *
 * @param order n, 1 to 8: a token is predicted from the n - 1 before it
 * @param vocabulary ids are 0 to this less one, marks among them
 * @param startMark an id that is put before every text and never predicted, or -1
 * @param endMark an id that is put behind every text, or -1
 * @param unknown an id as which ids outside of the vocabulary are read, or -1 to refuse them
 * @param smoothing modified Kneser-Ney by default
 * @param uniformBase whether single tokens are smoothed towards the uniform distribution, so that tokens never seen are possible; without, they have
 *        their share of the counts, as in nltk. {@link NGramSmoothing.Mle}, {@link NGramSmoothing.AddK} and {@link NGramSmoothing.StupidBackoff} do not ask.
 */
@Withers
public record NGramEstimator(int order, int vocabulary, int startMark, int endMark, int unknown, NGramSmoothing smoothing,
        boolean uniformBase) implements NGramEstimatorWithers {

    public NGramEstimator {
        if (order < 1 || order > 8)
            throw new IllegalArgumentException("NGramEstimator: the order is " + order + "; it lies between 1 and 8");
        CausalLanguageModel.check("NGramEstimator", vocabulary, startMark, endMark);
        if (unknown < -1 || unknown >= vocabulary || startMark >= 0 && (startMark == endMark || startMark == unknown))
            throw new IllegalArgumentException("NGramEstimator: unknown is " + unknown + " of " + vocabulary + " ids beside the marks "
                    + startMark + " and " + endMark + "; the start mark is an id of its own");
        if (startMark >= 0 && vocabulary < 2)
            throw new IllegalArgumentException("NGramEstimator: a vocabulary of nothing but a start mark");
    }

    /** Modified Kneser-Ney, without marks. */
    public NGramEstimator(int order, int vocabulary) { this(order, vocabulary, -1, -1, -1, new NGramSmoothing.KneserNey(), true); }

    /** With marks around every text. */
    public NGramEstimator withMarks(int start, int end) { return withStartMark(start).withEndMark(end); }

    /** @throws IllegalArgumentException if there is no token, an id outside of the vocabulary and no unknown, or a start mark in a text */
    public NGramLanguageModel fit(List<int[]> texts) { return fit(texts, List.of()); }

    /** @param heldOut texts on which the weights of {@link NGramSmoothing.JelinekMercer} are found; others do not read them */
    public NGramLanguageModel fit(List<int[]> texts, List<int[]> heldOut) {
        var whole = whole(texts);
        if (whole.stream().mapToInt(t -> t.length - (startMark >= 0 ? 1 : 0)).sum() == 0)
            throw new IllegalArgumentException("NGramEstimator: the " + texts.size() + " texts have no token to learn from");
        return new NGramBuilder(this, NGramTrie.of(whole, order)).build(whole(heldOut));
    }

    /** With marks, unknown ids replaced. */
    private List<int[]> whole(List<int[]> texts) {
        var whole = new ArrayList<int[]>(texts.size());
        int before = startMark >= 0 ? 1 : 0, after = endMark >= 0 ? 1 : 0;
        for (var text : texts) {
            var t = new int[text.length + before + after];
            if (before > 0) t[0] = startMark;
            if (after > 0) t[t.length - 1] = endMark;
            for (int i = 0; i < text.length; i++) {
                int id = known(text[i], vocabulary, unknown);
                if (id == startMark && before > 0) throw new IllegalArgumentException(
                        "NGramEstimator: the start mark " + id + " stands in a text; it is put before each by itself");
                t[i + before] = id;
            }
            whole.add(t);
        }
        return whole;
    }

    static int known(int id, int vocabulary, int unknown) {
        if (id >= 0 && id < vocabulary) return id;
        if (unknown < 0) throw new IllegalArgumentException("an n-gram model of " + vocabulary + " ids was given " + id
                + "; give it an unknown id (withUnknown), or map such tokens to one");
        return unknown;
    }
}
