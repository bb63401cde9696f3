package lyceum.serve.speculate;

import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * A text and trees of guesses behind it, each tree read in one pass: by its mask a node sees the text and the nodes above it, and stands where its depth says. What
 * {@link #keep} names joins the text, the rest of the tree leaves the cache.
 *
 * {@snippet :
 * var decoding = new TreeDecoding(model);
 * decoding.read(TokenTree.chain(5, 2, 7));
 * decoding.keep(0, 1, 2);                                        // the prompt
 * Tensor logits = decoding.read(new TokenTree(new int[] {4, 8, 9, 1}, new int[] {-1, 0, 0, 2})).logits();   // (4, vocabulary): after 4; 4 8; 4 9; 4 9 1
 * decoding.keep(0, 2, 3);
 * }
 *
 * <p>For models of attention with rotary positions or none, without windows. One text, one thread, no gradients.
 *
 * @see <a href="https://arxiv.org/abs/2305.09781">Miao et al. (2023): SpecInfer</a>
 */
public final class TreeDecoding {
    private final DecoderLM model;
    private final TreeStack stack;

    /**
     * Of each node.
     *
     * @param hidden what the head reads (nodes, width)
     * @param logits (nodes, vocabulary)
     */
    public record Output(Tensor hidden, Tensor logits) {}

    /** @throws IllegalArgumentException if the model's layers cannot read trees */
    public TreeDecoding(DecoderLM model) {
        this.model = model;
        for (var block : model.config().blocks())
            if (block.mixer() != null) throw new IllegalArgumentException(
                    "TreeDecoding: a layer mixes positions without attention; speculate with chains, by SpeculativeDecoder");
        stack = new TreeStack(model.decoder());
    }

    /** Reads a tree behind the text, or behind nodes that were read since: parents count all of those. */
    public Output read(TokenTree tree) {
        long longest = stack.length() + 1 + IntStream.range(0, tree.size()).map(tree::depth).max().orElse(0);
        if (longest > model.contextLength())
            throw new ShapeException("TreeDecoding: " + longest + " positions; the context has " + model.contextLength());
        return Autograd.noGrad(() -> {
            var hidden = stack.read(embedded(model, tree.ids()), tree.parents());
            return new Output(hidden.squeeze(0), model.unembedded(hidden, Pass.inference()).squeeze(0).compute());
        });
    }

    /** (1, n, width). */
    static Tensor embedded(DecoderLM model, int... ids) {
        var x = model.embedding().forward(Tensor.of(ids, 1, ids.length), Pass.inference());
        return model.config().embeddingScale() == 1 ? x : x.mul(model.config().embeddingScale());
    }

    /** Those nodes, a path from the text, join it; the others are forgotten. */
    public void keep(int... nodes) { stack.keep(nodes); }

    /** Ids of the text. */
    public long length() { return stack.length(); }
}
