package lyceum.llm;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.nn.Hooks;
import lyceum.nn.MixtureOfExperts;
import lyceum.nn.MoeBalancing;
import lyceum.nn.MoeConfig;
import lyceum.nn.MoeRouterConfig;
import lyceum.nn.MoeRouterConfig.Overflow;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.VarianceScaling;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * The recipe that makes a Switch Transformer of a dense decoder: in every other block E experts stand in the place of the feed-forward network, each token passes
 * the one its router likes best, times the router's probability of it, {@code y = p_e(x) f_e(x)}. An expert has room for {@code ceil(capacityFactor T / E)} of T
 * tokens; others, in order of position, pass on the residual path alone.
 *
 * {@snippet :
 * var recipe = new SwitchTransformer(DecoderConfig.gpt2(512, 128, 4, 64, 4), 8).withCapacityFactor(1.25);
 * DecoderLM model = recipe.create(Rng.of(1));
 * Tensor loss = model.loss(ids, Pass.training(rng));                       // with the auxiliary losses
 * double[] lost = recipe.dropped(model, ids);                              // share of tokens, of each expert layer
 * var roomy = recipe.withCapacityFactor(Double.POSITIVE_INFINITY).adopt(model);     // to evaluate, nothing dropped
 * }
 *
 * <p>Routers compute in F32 (F64 in a model of F64) whatever the type of the stream. Who is dropped depends on the whole batch, and so do its logits; decoding step
 * by step drops hardly anybody.
 *
 * @param dense the model that is made sparse
 * @param experts E of each sparse layer, of the dense layer's size
 * @param every of so many blocks the last is sparse: 2 for every other one, 1 for all
 * @param capacityFactor room of an expert over its even share; infinite for no limit
 * @param overflow what happens to tokens that find no room
 * @param auxiliary weight of the load-balancing loss {@code E sum f_e P_e}
 * @param jitter what a router reads is multiplied by uniform numbers of 1 about that, while learning
 * @param expertDropout on the hidden units of experts, while learning; negative for the dense model's. The paper fine-tunes with 0.4
 * @param initScale s of the first weights of all blocks: normal, cut at two deviations of {@code sqrt(s / fan-in)}; the paper takes 0.1 where 1 is usual
 * @see <a href="https://arxiv.org/abs/2101.03961">Fedus, Zoph and Shazeer (2022)</a>
 */
@Withers
public record SwitchTransformer(DecoderConfig dense, int experts, int every, double capacityFactor, Overflow overflow, double auxiliary,
        double jitter, double expertDropout, double initScale) implements SwitchTransformerWithers {
    public SwitchTransformer {
        Objects.requireNonNull(dense, "dense");
        Objects.requireNonNull(overflow, "overflow");
        if (experts < 1 || every < 1 || every > dense.layers()) throw new IllegalArgumentException("SwitchTransformer: " + experts
                + " experts in every block of " + every + "; at least 1 expert, and one of the " + dense.layers() + " blocks is sparse");
        if (!(auxiliary >= 0 && initScale > 0)) throw new IllegalArgumentException("SwitchTransformer: an auxiliary weight of " + auxiliary
                + " and a scale of first weights of " + initScale + "; at least 0, and above 0");
        for (var block : dense.blocks())
            if (block.moe() != null)
                throw new IllegalArgumentException("SwitchTransformer: a block has experts already; give a dense model");
        router(dense, experts, capacityFactor, overflow, auxiliary, jitter);
    }

    /** The paper's: every other block, a capacity factor of 1.25, tokens dropped, weight and jitter 0.01, the dense model's dropout, a scale of 0.1. */
    public SwitchTransformer(DecoderConfig dense, int experts) { this(dense, experts, 2, 1.25, Overflow.DROP, 0.01, 0.01, -1, 0.1); }

    private static MoeRouterConfig router(DecoderConfig dense, int experts, double factor, Overflow overflow, double auxiliary,
            double jitter) {
        var config = new MoeRouterConfig(dense.width(), experts, 1).withRenormalised(false).withCapacityFactor(factor)
                .withOverflow(overflow).withJitter(jitter);
        if (dense.dtype().bytes() == 8) config = config.withDtype(dense.dtype());
        return auxiliary == 0 ? config : config.withBalancing(new MoeBalancing.Auxiliary(auxiliary));
    }

    /** The sparse model's choices. */
    public DecoderConfig config() {
        var router = router(dense, experts, capacityFactor, overflow, auxiliary, jitter);
        var blocks = new ArrayList<>(dense.blocks());
        for (int i = every - 1; i < blocks.size(); i += every) {
            int hidden = blocks.get(i).hidden();
            blocks.set(i, blocks.get(i).withMoe(new MoeConfig(router, hidden, 0, false, expertDropout)));
        }
        return dense.withBlocks(blocks);
    }

    /** A model with first weights. */
    public DecoderLM create(Rng rng) {
        var model = new DecoderLM(config(), rng);
        var init = new VarianceScaling(initScale, VarianceScaling.Mode.IN, VarianceScaling.Distribution.TRUNCATED);
        Autograd.noGrad(() -> model.decoder().parameters().forEach((name, p) -> {
            if (p.rank() == 2 && !name.contains("positions.")) p.copy_(init.sample(rng, p.dtype(), p.shape().toArray()));
        }));
        return model;
    }

    /** The parameters of a trained model, not copied, under this recipe's routing: with more room, say. */
    public DecoderLM adopt(DecoderLM trained) { return Module.with(DecoderLM.skeleton(config()), trained.state()); }

    /** The expert layers of a model of this recipe. */
    public static List<MixtureOfExperts> layers(DecoderLM model) {
        return model.decoder().modules().values().stream().filter(MixtureOfExperts.class::isInstance).map(MixtureOfExperts.class::cast)
                .toList();
    }

    /** Share of the tokens ids (batch, T) that find no room, of each expert layer. */
    public double[] dropped(DecoderLM model, Tensor ids) {
        return gates(model, ids).stream().mapToDouble(g -> g.gt(0).sum(-1, false).eq(0).to(g.dtype()).mean().item()).toArray();
    }

    /** What each expert layer gives the tokens ids (batch, T) to: (batch T, E), the gate of the expert that works on one, else 0. */
    public List<Tensor> gates(DecoderLM model, Tensor ids) {
        var hooks = Hooks.of(model);
        var seen = hooks.capture("*.gates");
        Autograd.noGrad(() -> model.forward(ids, Pass.inference().with(hooks)));
        return List.copyOf(seen.values());
    }
}
