package lyceum.models.generative;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.ShapeException;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Codebooks in a row, each for what those before left over: {@code r_0 = x}, {@code r_k = r_{k-1} - e^k(r_{k-1})},
 * {@code y = sum over k of e^k}. With quantiser dropout a learning pass uses the first n books alone, n drawn anew each time, so that one
 * set of books serves all rates.
 *
 * {@snippet :
 * var books = new ResidualQuantizer(new VectorQuantizerConfig(1024, 128), 8, true, rng);
 * var q = books.quantise(x, Pass.training(rng));          // values (.., 128), ids (.., books)
 * Tensor coarse = books.values(q.ids().narrow(-1, 0, 1)); // by the first
 * }
 *
 * @see <a href="https://arxiv.org/abs/2107.03312">Zeghidour and others (2021), section III.C</a>
 */
public final class ResidualQuantizer extends Module {
    /**
     * All that a file says of one.
     *
     * @param config of each book
     * @param books one after another
     * @param dropout whether learning passes use a random number of them
     */
    public record Plan(VectorQuantizerConfig config, int books, boolean dropout) {
        public Plan { Objects.requireNonNull(config, "config"); }

        public ResidualQuantizer build(Rng rng) { return new ResidualQuantizer(config, books, dropout, rng); }
    }

    private final List<VectorQuantizer> layers;
    private final boolean dropout;

    /** @param dropout whether learning passes use a random number of books, each from 1 to all alike */
    public ResidualQuantizer(VectorQuantizerConfig config, int books, boolean dropout, Rng rng) {
        if (books < 1) throw new IllegalArgumentException("ResidualQuantizer: " + books + " books; at least one is needed");
        var made = new ArrayList<VectorQuantizer>();
        for (int k = 0; k < books; k++) made.add(new VectorQuantizer(config, rng));
        layers = List.copyOf(made);
        this.dropout = dropout;
    }

    /** First to last. */
    public List<VectorQuantizer> books() { return layers; }

    /** Values alone; the loss goes to {@link Pass#penalty}. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var q = quantise(x, pass);
        pass.penalty(q::loss);
        return q.values();
    }

    /** By all books, or as many as dropout leaves. */
    public VectorQuantizer.Quantised quantise(Tensor x, Pass pass) {
        return quantise(x, dropout && pass.isTraining() ? 1 + pass.rng().nextInt(layers.size()) : layers.size(), pass);
    }

    /** By the first {@code books}. The loss is the mean of theirs; gradients of the values reach x unchanged. */
    public VectorQuantizer.Quantised quantise(Tensor x, int books, Pass pass) {
        check(books);
        Tensor left = x, sum = null, loss = null;
        var ids = new Tensor[books];
        for (int k = 0; k < books; k++) {
            var q = layers.get(k).quantise(left, pass);
            var code = q.values().detach();
            left = left.sub(code);
            sum = sum == null ? code : sum.add(code);
            loss = loss == null ? q.loss() : loss.add(q.loss());
            ids[k] = q.ids();
        }
        return new VectorQuantizer.Quantised(x.add(sum.sub(x.detach())), Tensor.stack(x.rank() - 1, ids).compute(), loss.div(books));
    }

    /** Codes of x (.., width) by all books: (.., books), I64. */
    public Tensor ids(Tensor x) { return ids(x, layers.size()); }

    /** Codes by the first {@code books}. */
    public Tensor ids(Tensor x, int books) {
        check(books);
        var left = x.detach();
        var ids = new Tensor[books];
        for (int k = 0; k < books; k++) {
            ids[k] = layers.get(k).ids(left);
            left = left.sub(layers.get(k).values(ids[k]).detach()).compute();
        }
        return Tensor.stack(x.rank() - 1, ids).compute();
    }

    /** The sum of the entries that ids (.., n) name, by the first n books: (.., width). */
    public Tensor values(Tensor ids) {
        if (ids.rank() < 1) throw new ShapeException("ResidualQuantizer.values: ids " + ids.shape() + "; they are (.., books)");
        int books = (int) ids.size(-1);
        check(books);
        Tensor sum = null;
        for (int k = 0; k < books; k++) {
            var code = layers.get(k).values(ids.select(-1, k));
            sum = sum == null ? code : sum.add(code);
        }
        return sum;
    }

    /**
     * Sets book after book by k-means on what those before leave of x (.., width); returns the steps each took. @see VectorQuantizer#start
     */
    public int[] start(Tensor x, int steps, Rng rng) {
        var left = x.detach();
        var took = new int[layers.size()];
        for (int k = 0; k < took.length; k++) {
            var book = layers.get(k);
            took[k] = book.start(left, steps, rng);
            left = left.sub(book.values(book.ids(left)).detach()).compute();
        }
        return took;
    }

    private void check(int books) {
        if (books < 1 || books > layers.size())
            throw new IllegalArgumentException("ResidualQuantizer: " + books + " books; there are 1 to " + layers.size());
    }
}
