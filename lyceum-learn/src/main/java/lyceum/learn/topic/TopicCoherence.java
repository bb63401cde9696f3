package lyceum.learn.topic;

import lyceum.tensor.Csr;

/**
 * Whether a topic's top words keep company, from documents that hold them: a number that follows what people call readable better than
 * perplexity does.
 *
 * @param documents counts (documents x words) to look in; for NPMI a reference collection is better than the training set
 */
public record TopicCoherence(Csr documents) {
    public TopicCoherence { if (documents.rows() == 0) throw new IllegalArgumentException("TopicCoherence: there are no documents"); }

    /**
     * {@code sum over i < j of log (D(w_j, w_i) + 1) / D(w_i)}, over ordered top words; at most about 0, larger is more coherent.
     *
     * @param words likeliest first
     * @see <a href="https://aclanthology.org/D11-1024">Mimno, Wallach, Talley, Leenders and McCallum (2011)</a>
     */
    public double umass(int... words) {
        int[][] together = together(words);
        double sum = 0;
        for (int j = 1; j < words.length; j++)
            for (int i = 0; i < j; i++) sum += Math.log((together[i][j] + 1.0) / Math.max(1, together[i][i]));
        return sum;
    }

    /**
     * Mean over pairs of {@code log (p_ij / (p_i p_j)) / -log p_ij}, in [-1, 1]: -1 for a pair that never meets, 0 for independence.
     *
     * @see <a href="https://aclanthology.org/W13-0102">Aletras and Stevenson (2013)</a>
     */
    public double npmi(int... words) {
        int[][] together = together(words);
        double sum = 0, n = documents.rows();
        int pairs = 0;
        for (int j = 1; j < words.length; j++) for (int i = 0; i < j; i++, pairs++) {
            double both = together[i][j] / n, one = together[i][i] / n, other = together[j][j] / n;
            sum += both == 0 ? -1 : both == 1 ? 1 : Math.log(both / (one * other)) / -Math.log(both);
        }
        return pairs == 0 ? Double.NaN : sum / pairs;
    }

    private int[][] together(int[] words) {
        var data = WordCounts.of(documents, "TopicCoherence");
        var place = new int[data.vocabulary()];
        for (int i = 0; i < words.length; i++) {
            if (words[i] < 0 || words[i] >= place.length)
                throw new IndexOutOfBoundsException("TopicCoherence: word " + words[i] + " of " + place.length);
            place[words[i]] = i + 1;
        }
        var together = new int[words.length][words.length];
        var here = new int[words.length];
        for (int d = 0; d < data.documents(); d++) {
            int n = 0;
            for (int e = data.start()[d]; e < data.start()[d + 1]; e++)
                if (data.count()[e] > 0 && place[data.word()[e]] > 0) here[n++] = place[data.word()[e]] - 1;
            for (int a = 0; a < n; a++) for (int b = 0; b < n; b++) together[here[a]][here[b]]++;
        }
        return together;
    }
}
