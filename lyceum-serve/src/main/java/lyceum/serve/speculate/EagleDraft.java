package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.TransformerDecoder;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A draft in the space of a frozen model's features: one block predicts the next last hidden state from those before and the tokens one place ahead, so that it knows
 * what was drawn; the model's own head makes tokens of it.
 *
 * {@snippet :
 * var draft = new EagleDraft(model, TreePlan.of(4, 3, 2), rng);
 * draft.loss(model, ids).backward();
 * var decoder = new TreeDecoder(model, draft);
 * }
 *
 * <p>Children: {@code fuse} (width, 2 width), which joins a token's embedding and the feature before it, and {@code decoder}, a block of the model's first kind with its
 * last norm. Safe to share between threads once trained.
 *
 * @see <a href="https://arxiv.org/abs/2401.15077">Li et al. (2024), section 3</a>
 * @see <a href="https://arxiv.org/abs/2406.16858">Li et al. (2024): dynamic trees</a>
 */
public final class EagleDraft extends Module implements TreeSource {
    private static final double OF_FEATURES = 0.1; // beside the tokens' loss
    private final Linear fuse;
    private final TransformerDecoder decoder;
    private final TreePlan plan;

    public EagleDraft(DecoderLM model, TreePlan plan, Rng rng) {
        this.plan = plan;
        int width = model.config().width();
        fuse = new Linear(2L * width, width, true, model.config().dtype(), Init.torchLinear(2L * width), rng);
        decoder = new TransformerDecoder(model.config().blocks().getFirst(), 1, rng);
    }

    public TreePlan plan() { return plan; }

    /** Embeddings of the tokens one ahead beside features (batch, T, 2 width) to the next features (batch, T, width). */
    @Override protected Tensor compute(Tensor joined, Pass pass) { return decoder.forward(fuse.forward(joined, pass), pass); }

    private static Tensor joined(DecoderLM model, Tensor features, int... ahead) {
        return Tensor.concat(-1, TreeDecoding.embedded(model, ahead).reshape(features.size(0), features.size(1), -1), features);
    }

    /** Smooth L1 of the features, a tenth, and cross-entropy to the model's own next-token distributions, over ids (batch, T); the model stays as it is. */
    public Tensor loss(DecoderLM model, Tensor ids) {
        long length = ids.size(1);
        var target = Autograd.noGrad(() -> model.hidden(ids, Pass.inference()).compute());
        var input = Autograd
                .noGrad(() -> joined(model, target.narrow(1, 0, length - 1), ids.narrow(1, 1, length - 1).toIntArray()).compute());
        var wanted = target.narrow(1, 1, length - 1);
        var p = Autograd.noGrad(() -> model.unembedded(wanted, Pass.inference()).softmax(-1).compute());
        var found = forward(input, Pass.inference());
        var tokens = p.mul(frozen(model, found).logSoftmax(-1)).sum(-1, false).mean().neg();
        return tokens.add(Loss.smoothL1(1).of(found, wanted).mul(OF_FEATURES));
    }

    /** Logits by the model's head, which gets no gradient. */
    private static Tensor frozen(DecoderLM model, Tensor hidden) {
        var head = model.head();
        var z = Linear.sharing(head.weight().detach(), head.bias() == null ? null : head.bias().detach()).forward(hidden, Pass.inference());
        double cap = model.config().logitCap();
        return Double.isInfinite(cap) ? z : z.div(cap).tanh().mul(cap);
    }

    @Override public Session start(DecoderLM target) {
        if (target.config().width() != fuse.weight().size(0)) throw new IllegalArgumentException(
                "EagleDraft: of width " + fuse.weight().size(0) + " for a model of width " + target.config().width());
        return new Guessing(target);
    }

    private final class Guessing implements Session {
        private final DecoderLM model;
        private final TreeStack stack = new TreeStack(decoder);
        private Tensor last; // the feature behind the text's last id, (1, 1, width)

        Guessing(DecoderLM model) { this.model = model; }

        /** What was read, shifted by one against its features. */
        @Override public void advance(int[] read, Tensor hidden, int next, TokenTree tree, TreeDecoding.Output output) {
            stack.keep();
            var ahead = new int[read.length];
            System.arraycopy(read, 1, ahead, 0, read.length - 1);
            ahead[read.length - 1] = next;
            last = Autograd.noGrad(() -> {
                var found = stack.read(fuse.forward(joined(model, hidden.unsqueeze(0), ahead), Pass.inference()),
                        TokenTree.chain(ahead).parents());
                return found.narrow(1, read.length - 1, 1).copy().compute();
            });
            var all = new int[read.length];
            for (int i = 0; i < all.length; i++) all[i] = i;
            stack.keep(all);
        }

        @Override public TokenTree propose(int root, int levels) {
            var features = new ArrayList<Tensor>(); // by number of the node, of those that went on
            var places = new ArrayList<Integer>(); // in the stack
            return plan.grow(root, levels, (level, nodes) -> last == null ? null : Autograd.noGrad(() -> {
                Tensor behind = last;
                if (level > 0) {
                    var ids = nodes.stream().mapToInt(TreePlan.Node::id).toArray();
                    var parents = nodes.stream().mapToInt(n -> places.get(n.parent())).toArray();
                    var before = Tensor.concat(1, nodes.stream().map(n -> features.get(n.parent())).toArray(Tensor[]::new));
                    int first = stack.nodes();
                    behind = stack.read(fuse.forward(joined(model, before, ids), Pass.inference()), parents);
                    place(nodes, first, places);
                } else place(nodes, -1, places);
                for (int i = 0; i < nodes.size(); i++) {
                    while (features.size() <= nodes.get(i).number()) features.add(null);
                    features.set(nodes.get(i).number(), behind.narrow(1, i, 1));
                }
                return model.unembedded(behind, Pass.inference()).logSoftmax(-1).squeeze(0).toRows();
            }));
        }

        private void place(List<TreePlan.Node> nodes, int first, List<Integer> places) {
            for (int i = 0; i < nodes.size(); i++) {
                while (places.size() <= nodes.get(i).number()) places.add(null);
                places.set(nodes.get(i).number(), first + i);
            }
        }
    }
}
