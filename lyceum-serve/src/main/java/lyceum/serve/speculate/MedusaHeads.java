package lyceum.serve.speculate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Heads on a frozen model's last hidden state: where its own head predicts the next token, head k predicts the one k places further,
 * {@code softmax(W2 (SiLU(W1 h) + h))}. W1 begins at zero and W2 as the model's own head.
 *
 * {@snippet :
 * var heads = new MedusaHeads(model, 3, TreePlan.of(4, 3, 2));
 * heads.loss(model, ids).backward();                                  // the model itself gets no gradient
 * var decoder = new TreeDecoder(model, heads);
 * }
 *
 * <p>Children: {@code residuals.0 ..} (width, width) and {@code heads.0 ..} (vocabulary, width). Safe to share between threads once trained.
 *
 * @see <a href="https://arxiv.org/abs/2401.10774">Cai et al. (2024), section 2.1</a>
 */
public final class MedusaHeads extends Module implements TreeSource {
    private static final double FALLING = 0.8;
    private final List<Linear> residuals = new ArrayList<>(), heads = new ArrayList<>();
    private final TreePlan plan;

    /** @param plan a level for each head at most */
    public MedusaHeads(DecoderLM model, int count, TreePlan plan) {
        if (count < 1 || plan.widths().size() > count) throw new IllegalArgumentException(
                "MedusaHeads: " + count + " heads for a tree of " + plan.widths().size() + " levels; a head a level, at least one");
        this.plan = plan;
        var weight = model.head().weight();
        long width = weight.size(1);
        for (int k = 0; k < count; k++) {
            residuals.add(new Linear(width, width, true, weight.dtype(), Init.zeros(), Rng.of(0)));
            heads.add(new Linear(weight.detach().copy().compute().requiresGrad(), null));
        }
    }

    public int count() { return heads.size(); }

    public TreePlan plan() { return plan; }

    /** Hidden states (.., width) to logits of each head (heads, .., vocabulary). */
    @Override protected Tensor compute(Tensor hidden, Pass pass) {
        var all = new Tensor[heads.size()];
        for (int k = 0; k < all.length; k++) {
            var up = residuals.get(k).forward(hidden, pass);
            all[k] = heads.get(k).forward(up.mul(up.sigmoid()).add(hidden), pass);
        }
        return Tensor.stack(0, all);
    }

    /** Sum over heads of {@code 0.8^k} times the mean cross-entropy of what each is to predict, in ids (batch, T); the model stays as it is. */
    public Tensor loss(DecoderLM model, Tensor ids) {
        var hidden = Autograd.noGrad(() -> model.hidden(ids, Pass.inference()).compute());
        var logits = forward(hidden, Pass.inference());
        long length = ids.size(1);
        if (length < heads.size() + 2)
            throw new ShapeException("MedusaHeads.loss: ids " + ids.shape() + "; " + (heads.size() + 2) + " places at least");
        Tensor sum = null;
        for (int k = 0; k < heads.size(); k++) {
            long n = length - k - 2; // place t predicts t + k + 2
            var loss = new CrossEntropy().of(logits.select(0, k).narrow(1, 0, n).reshape(-1, model.vocabulary()),
                    ids.narrow(1, k + 2, n).to(DType.I64).reshape(-1)).mul(Math.pow(FALLING, k + 1));
            sum = sum == null ? loss : sum.add(loss);
        }
        return sum;
    }

    @Override public Session start(DecoderLM target) {
        if (target.vocabulary() != heads.getFirst().weight().size(0) || target.config().width() != heads.getFirst().weight().size(1))
            throw new IllegalArgumentException("MedusaHeads: heads of weight " + heads.getFirst().weight().shape() + " for a model of "
                    + target.vocabulary() + " ids and width " + target.config().width());
        return new Session() {
            private double[][] logs; // of each head, behind the last id

            @Override public TokenTree propose(int last, int levels) {
                return plan.grow(last, levels, (level, nodes) -> {
                    if (logs == null) return null;
                    var rows = new double[nodes.size()][];
                    Arrays.fill(rows, logs[level]);
                    return rows;
                });
            }

            @Override public void advance(int[] read, Tensor hidden, int next, TokenTree tree, TreeDecoding.Output output) {
                logs = Autograd.noGrad(
                        () -> forward(hidden.narrow(0, hidden.size(0) - 1, 1), Pass.inference()).logSoftmax(-1).squeeze(1).toRows());
            }
        };
    }
}
