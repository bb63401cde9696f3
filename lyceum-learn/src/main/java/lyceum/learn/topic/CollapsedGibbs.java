package lyceum.learn.topic;

import java.util.Arrays;
import lyceum.math.Special;
import lyceum.random.Rng;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/**
 * The Gibbs sampler of latent Dirichlet allocation with shares and topics integrated out: it visits one token at a time and draws its topic from
 *
 * <pre>
 * p(z_i = k | rest) ~ (n_dk + alpha_k) (n_kw + eta) / (n_k + V eta)
 * </pre>
 *
 * the counts being those of all other tokens. A chain for one thread; {@link LatentDirichletAllocation} runs it.
 *
 * @see <a href="https://doi.org/10.1073/pnas.0307752101">Griffiths and Steyvers (2004)</a>
 */
public final class CollapsedGibbs {
    private final int topics, vocabulary, documents;
    private final int[] word, document, topic;
    /** (documents x K), (V x K), (K). */
    private final int[] inDocument, ofWord, total;
    private final double[] weight;
    private final double eta;
    private double[] alpha;

    /** Every token begins with a topic drawn uniformly. @param counts documents x words, whole numbers */
    public CollapsedGibbs(Csr counts, double[] alpha, double eta, Rng rng) {
        if (alpha.length == 0) throw new IllegalArgumentException("CollapsedGibbs: alpha is empty; it has one number a topic");
        for (double a : alpha) LatentDirichletAllocation.positive("CollapsedGibbs", "alpha", a);
        LatentDirichletAllocation.positive("CollapsedGibbs", "eta", eta);
        var data = WordCounts.of("CollapsedGibbs", counts);
        double tokens = data.total();
        if (tokens > Integer.MAX_VALUE - 16)
            throw new IllegalArgumentException("CollapsedGibbs: " + tokens + " tokens; at most 2^31 - 17, take variational Bayes for more");
        this.alpha = alpha.clone();
        this.eta = eta;
        topics = alpha.length;
        vocabulary = data.vocabulary();
        documents = data.documents();
        word = new int[(int) tokens];
        document = new int[word.length];
        topic = new int[word.length];
        int i = 0;
        for (int d = 0; d < documents; d++) for (int e = data.start()[d]; e < data.start()[d + 1]; e++) {
            double n = data.count()[e];
            if (n != Math.rint(n)) throw new IllegalArgumentException(
                    "CollapsedGibbs: a count is " + n + "; tokens are whole, take variational Bayes for weights");
            for (int c = 0; c < n; c++) {
                word[i] = data.word()[e];
                document[i++] = d;
            }
        }
        inDocument = new int[documents * topics];
        ofWord = new int[vocabulary * topics];
        total = new int[topics];
        weight = new double[topics];
        for (i = 0; i < topic.length; i++) count(i, topic[i] = rng.nextInt(topics), 1);
    }

    private void count(int i, int k, int by) {
        inDocument[document[i] * topics + k] += by;
        ofWord[word[i] * topics + k] += by;
        total[k] += by;
    }

    public int tokens() { return word.length; }

    /** The topic of each token (tokens), a copy; tokens stand document by document, and word by word within one. */
    public int[] assignments() { return topic.clone(); }

    /** Gives every token this topic. */
    public void assign(int... topics) {
        if (topics.length != topic.length)
            throw new IllegalArgumentException("assign: " + topics.length + " topics for " + topic.length + " tokens");
        for (int k : topics) if (k < 0 || k >= this.topics) throw new IllegalArgumentException("assign: topic " + k + " of " + this.topics);
        for (int i = 0; i < topic.length; i++) {
            count(i, topic[i], -1);
            count(i, topic[i] = topics[i], 1);
        }
    }

    /** Tokens of each document in each topic (documents x K), I32. */
    public Tensor documentTopics() { return Tensor.of(inDocument).reshape(documents, topics); }

    /** Tokens of each word in each topic (K x V), I32. */
    public Tensor topicWords() { return Tensor.of(ofWord).reshape(vocabulary, topics).transpose().contiguous(); }

    /** Tokens in each topic, a copy. */
    public int[] topicTotals() { return total.clone(); }

    public double[] alpha() { return alpha.clone(); }

    /** The distribution that the topic of token i is drawn from, given all others. */
    public double[] conditional(int i) {
        count(i, topic[i], -1);
        double sum = weigh(i);
        var p = Arrays.stream(weight).map(v -> v / sum).toArray();
        count(i, topic[i], 1);
        return p;
    }

    private double weigh(int i) {
        int d = document[i] * topics, w = word[i] * topics;
        double sum = 0, all = vocabulary * eta;
        for (int k = 0; k < topics; k++) sum += weight[k] = (inDocument[d + k] + alpha[k]) * (ofWord[w + k] + eta) / (total[k] + all);
        return sum;
    }

    /** Draws every token's topic once, in order. */
    public void sweep(Rng rng) {
        for (int i = 0; i < topic.length; i++) {
            count(i, topic[i], -1);
            double left = weigh(i) * rng.nextDouble();
            int k = 0;
            while (k < topics - 1 && (left -= weight[k]) >= 0) k++;
            topic[i] = k;
            count(i, k, 1);
        }
    }

    /** {@code log p(words, topics)} of the present state. */
    public double logJoint() {
        double sum = 0, alphas = Arrays.stream(alpha).sum();
        for (int d = 0; d < documents; d++) {
            int n = 0;
            for (int k = 0; k < topics; k++) {
                int c = inDocument[d * topics + k];
                n += c;
                if (c > 0) sum += Special.lgamma(alpha[k] + c) - Special.lgamma(alpha[k]);
            }
            sum += Special.lgamma(alphas) - Special.lgamma(alphas + n);
        }
        double own = Special.lgamma(eta);
        for (int c : ofWord) if (c > 0) sum += Special.lgamma(eta + c) - own;
        for (int n : total) sum += Special.lgamma(vocabulary * eta) - Special.lgamma(vocabulary * eta + n);
        return sum;
    }

    /** Steps of Minka's fixed point towards the alpha that makes the present topics of the documents likeliest. */
    public void improveAlpha(int steps) {
        for (int s = 0; s < steps; s++) {
            double alphas = Arrays.stream(alpha).sum(), below = 0;
            var above = new double[topics];
            for (int d = 0; d < documents; d++) {
                int n = 0;
                for (int k = 0; k < topics; k++) {
                    int c = inDocument[d * topics + k];
                    n += c;
                    if (c > 0) above[k] += Special.digamma(alpha[k] + c) - Special.digamma(alpha[k]);
                }
                if (n > 0) below += Special.digamma(alphas + n) - Special.digamma(alphas);
            }
            if (below == 0) return;
            var next = new double[topics];
            // A topic that no document has would vanish for good.
            for (int k = 0; k < topics; k++) next[k] = Math.max(1e-6, alpha[k] * above[k] / below);
            alpha = next;
        }
    }
}
