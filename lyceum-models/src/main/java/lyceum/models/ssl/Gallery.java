package lyceum.models.ssl;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * One against all: embeddings of those who are enrolled, and whom a new one is nearest to. Enrolling gives another gallery and trains nothing; immutable, so safe
 * for threads.
 *
 * {@snippet :
 * var gallery = new Gallery(Tensor.randn(rng, 3, 8), 10, 11, 12).enrolled(Tensor.randn(rng, 1, 8), 13);
 * int[] who = gallery.identify(Tensor.randn(rng, 5, 8), 0.7);        // Gallery.UNKNOWN where nobody is within 0.7
 * }
 */
public final class Gallery {
    /** The label of nobody. */
    public static final int UNKNOWN = -1;

    private final Tensor embeddings;
    private final int[] labels;
    private final EmbeddingSearch search;
    private final EmbeddingSearch.Index index;

    /** Compares with all. @param embeddings (n, d) @param labels one a row, from 0 */
    public Gallery(Tensor embeddings, int... labels) { this(EmbeddingSearch.exact(), embeddings, labels); }

    public Gallery(EmbeddingSearch search, Tensor embeddings, int... labels) {
        if (embeddings.rank() != 2 || embeddings.size(0) != labels.length || labels.length == 0) throw new ShapeException(
                "Gallery: embeddings " + embeddings.shape() + " and " + labels.length + " labels; they are (n, d) and n, above 0");
        for (int label : labels) if (label < 0) throw new IllegalArgumentException("Gallery: label " + label + "; labels begin at 0");
        if (embeddings.isFinite().all().item() == 0) throw new IllegalArgumentException("Gallery: an embedding is not finite");
        this.embeddings = embeddings.detach().contiguous().compute();
        this.labels = labels.clone();
        this.search = search;
        index = search.over(this.embeddings);
    }

    public int size() { return labels.length; }

    public int[] labels() { return labels.clone(); }

    /** (n, d). */
    public Tensor embeddings() { return embeddings; }

    /** These as well. @param more (m, d) @param labels one a row: of somebody new or another of somebody known */
    public Gallery enrolled(Tensor more, int... labels) {
        var all = Arrays.copyOf(this.labels, this.labels.length + labels.length);
        System.arraycopy(labels, 0, all, this.labels.length, labels.length);
        return new Gallery(search, Tensor.concat(0, embeddings, more.detach().to(embeddings.dtype())), all);
    }

    /** The k nearest rows of each query (m, d). */
    public EmbeddingSearch.Found nearest(Tensor queries, int k) { return index.nearest(queries, k); }

    /** The label of the nearest of each query (m, d), or {@link #UNKNOWN} where it is farther than the limit. @param limit a distance; infinity for none */
    public int[] identify(Tensor queries, double limit) {
        if (!(limit >= 0)) throw new IllegalArgumentException("identify: limit is " + limit + "; it is a distance of at least 0");
        var found = nearest(queries, 1);
        var who = new int[found.rows().length];
        for (int i = 0; i < who.length; i++)
            who[i] = found.rows()[i].length > 0 && found.distances()[i][0] <= limit ? labels[found.rows()[i][0]] : UNKNOWN;
        return who;
    }
}
