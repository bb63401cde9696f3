package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * A stack of {@link TransformerBlock}s over features (batch, T, width). Where the blocks leave the residual stream unnormalised, a norm ends it.
 *
 * {@snippet :
 * var encoder = new TransformerEncoder(TransformerConfig.original(256, 8, 1024), 6, rng);
 * var padded = new Attention().withKeyLengths(lengths);
 * Tensor y = encoder.forward(x, padded, pass);
 * List<Tensor> all = encoder.hiddenStates(x, padded, pass);
 * }
 *
 * <p>Children: {@code layers.0 ..}, {@code norm}, and {@code positions} where {@link AttentionConfig#positions} are a learned table.
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin et al. (2019)</a>
 */
public final class TransformerEncoder extends Module {
    private final PositionLayer positions;
    private final List<TransformerBlock> layers;
    private final Layer norm;

    /** @param config of each block */
    public TransformerEncoder(TransformerConfig config, int layers, Rng rng) { this(TransformerBlock.stack(config, layers, rng), rng); }

    /** Of given blocks, which may differ in all but their width; positions are added to the input as the first says, a learned table begins as zeros. */
    public TransformerEncoder(List<TransformerBlock> layers) { this(layers, null); }

    private TransformerEncoder(List<TransformerBlock> layers, Rng rng) {
        if (layers.isEmpty()) throw new IllegalArgumentException("TransformerEncoder: no block; at least one");
        this.layers = List.copyOf(layers);
        positions = layers.getFirst().positions(rng);
        var last = layers.getLast().config();
        norm = last.placement().leavesStream() ? last.norm().of(last) : null;
    }

    public List<TransformerBlock> layers() { return layers; }

    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass).getLast(); }

    /** x (batch, T, width) under a mask. */
    public Tensor forward(Tensor x, Attention mask, Pass pass) { return emit(x, through(x, mask, pass).getLast(), pass); }

    /** What goes into each block, and the output: one more than there are blocks. */
    public List<Tensor> hiddenStates(Tensor x, Attention mask, Pass pass) { return through(x, mask, pass); }

    private List<Tensor> through(Tensor x, Attention mask, Pass pass) {
        var states = new ArrayList<Tensor>();
        if (positions != null) x = positions.forward(x, pass);
        var context = new TransformerBlock.Context().withMask(mask);
        for (var layer : layers) {
            states.add(x);
            if (!isDropped(layer, pass)) x = layer.forward(x, context, pass);
        }
        states.add(norm == null ? x : norm.forward(x, pass));
        return states;
    }

    static boolean isDropped(TransformerBlock layer, Pass pass) {
        double p = layer.config().layerDrop();
        return p > 0 && pass.isTraining() && pass.rng().nextDouble() < p;
    }
}
