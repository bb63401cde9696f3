package lyceum.nn;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Decides which experts work on which tokens, and how much each counts, from logits {@code x W'}: by tokens (softmax, with noise, or sigmoids with a bias), by
 * experts, or by a hash.
 *
 * {@snippet :
 * var router = new MoeRouter(new MoeRouterConfig(512, 8, 2).withBalancing(new MoeBalancing.Auxiliary(0.01)), rng);
 * Routing routing = router.route(x, pass);         // pairs grouped by expert, gates, load
 * }
 *
 * <p>Logits are in the router's type, F32 or F64, whatever the tokens' is. Of equal scores the expert of the lower number wins. Jitter and noise are drawn while
 * learning alone. Parameters: {@code weight} (E, width) and, with noise, {@code noise_weight}; {@code bias} (E), for choosing, is a buffer that
 * {@link MoeBalancing.BiasUpdate} writes.
 *
 * @see <a href="https://arxiv.org/abs/1701.06538">Shazeer et al. (2017)</a>
 * @see <a href="https://arxiv.org/abs/2101.03961">Fedus, Zoph and Shazeer (2022)</a>
 */
public final class MoeRouter extends Module {
    private final MoeRouterConfig config;
    private final Tensor weight, noise_weight, bias;

    /** Weights as of a linear layer; noise begins at {@code softplus(0) = 0.69} everywhere. */
    public MoeRouter(MoeRouterConfig config, Rng rng) {
        this.config = config;
        boolean hash = config.kind() == MoeRouterConfig.Kind.HASH, noisy = config.kind() == MoeRouterConfig.Kind.NOISY;
        weight = hash ? null
                : Init.torchLinear(config.width()).sample(rng, config.dtype(), config.experts(), config.width()).compute().requiresGrad();
        noise_weight = noisy ? Tensor.zeros(config.dtype(), config.experts(), config.width()).requiresGrad() : null;
        bias = config.kind() == MoeRouterConfig.Kind.SIGMOID || config.balancing().hasBias()
                ? Tensor.zeros(config.dtype(), config.experts()).compute() : null;
    }

    public MoeRouterConfig config() { return config; }

    /** (E, width); null for hashes. */
    public Tensor weight() { return weight; }

    /** Of the noise's scale (E, width); null without noise. */
    public Tensor noiseWeight() { return noise_weight; }

    /** Added to scores when choosing (E); null if there is none. */
    public Tensor bias() { return bias; }

    /** The logits (.., E). */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        if (weight == null) throw new IllegalStateException("MoeRouter: a hash has no logits; use route with ids");
        if (x.rank() < 1 || x.size(-1) != config.width())
            throw new ShapeException("MoeRouter: input " + x.shape() + " for tokens of width " + config.width());
        x = x.to(config.dtype());
        if (config.jitter() > 0 && pass.isTraining() && pass.rng() != null)
            x = x.mul(Tensor.rand(pass.rng(), x.dtype(), x.shape().toArray()).mul(2 * config.jitter()).add(1 - config.jitter()));
        return x.matmul(weight.transpose());
    }

    /** The routing of tokens (.., width), which are counted row by row. @throws IllegalArgumentException for a hash, which needs ids */
    public Routing route(Tensor x, Pass pass) { return route(x, null, pass); }

    /** @param ids of the tokens, for a hash; otherwise not looked at */
    public Routing route(Tensor x, Tensor ids, Pass pass) {
        if (config.kind() == MoeRouterConfig.Kind.HASH) {
            if (ids == null)
                throw new IllegalArgumentException("MoeRouter: a hash goes by the ids of tokens; give them to route or forward");
            return hashed(ids.toLongArray());
        }
        Tensor tokens = x.reshape(-1, x.size(-1)), logits = forward(tokens, pass);
        return decide(logits, noise_weight == null || !pass.isTraining() || pass.rng() == null ? null
                : tokens.to(config.dtype()).matmul(noise_weight.transpose()).softplus(), pass);
    }

    /** The routing of logits (T, E), without noise, jitter and balancing: token choice of the k best by their softmax. */
    public static Routing topK(Tensor logits, MoeRouterConfig config) {
        return new MoeRouter(config, Rng.of(0)).decide(logits.to(config.dtype()), null, Pass.inference());
    }

    private Routing decide(Tensor logits, Tensor scale, Pass pass) {
        int tokens = (int) logits.size(0), experts = config.experts();
        if (logits.rank() != 2 || logits.size(1) != experts)
            throw new ShapeException("MoeRouter: logits " + logits.shape() + " for " + experts + " experts");
        var noisy = scale == null ? logits : logits.add(scale.mul(Tensor.randn(pass.rng(), logits.dtype(), tokens, experts)));
        boolean sigmoid = config.kind() == MoeRouterConfig.Kind.SIGMOID;
        var probabilities = sigmoid ? noisy.sigmoid() : noisy.softmax(-1);
        // Softmax keeps the order of logits, and rounds some of them to ties: so choose by the logits.
        boolean byProbability = sigmoid || bias != null || config.kind() == MoeRouterConfig.Kind.EXPERT_CHOICE;
        var by = (byProbability ? probabilities : noisy).detach();
        double[] scores = (bias == null ? by : by.add(bias)).toDoubleArray();
        if (config.keptGroups() < config.groups()) MoeChoice.limitGroups(scores, tokens, experts, config);
        int capacity = config.capacity(tokens);
        if (pass.isTraining() && config.kind() != MoeRouterConfig.Kind.EXPERT_CHOICE)
            scores = config.balancing().selection(scores, tokens, experts, config.k());
        var choice = config.kind() == MoeRouterConfig.Kind.EXPERT_CHOICE ? MoeChoice.byExperts(scores, tokens, experts, capacity)
                : MoeChoice.byTokens(scores, tokens, experts, config, capacity);
        var gates = probabilities.flatten().gather(0, Routing.places(choice.tokens(), choice.experts(), experts));
        if (config.renormalised() && config.kind() != MoeRouterConfig.Kind.EXPERT_CHOICE && choice.tokens().length > 0) {
            var index = Tensor.of(choice.tokens());
            gates = gates.div(gates.segmentSum(index, tokens).indexSelect(0, index));
        }
        if (config.scale() != 1) gates = gates.mul(config.scale());
        var routing = new Routing(logits, probabilities, scale == null ? null : smoothLoad(logits, noisy, scale), choice.tokens(), gates,
                choice.counts(), choice.chosen(), capacity);
        if (config.balancing().hasBias() && pass.isRemembered()) Autograd.noGrad(() -> {
            bias.add_(Tensor.of(config.balancing().biasStep(routing)).to(bias.dtype()));
        });
        return routing;
    }

    /** {@code Phi((h_i - t_i) / s_i)}, t_i the k-th largest noisy logit among the others (Shazeer et al. 2017, equation 9). */
    private Tensor smoothLoad(Tensor logits, Tensor noisy, Tensor scale) {
        int k = config.k();
        if (k == config.experts()) return logits.onesLike();
        var top = noisy.topk(k + 1, -1).values();
        Tensor last = top.narrow(-1, k - 1, 1), next = top.narrow(-1, k, 1);
        var threshold = noisy.detach().gt(next.detach()).where(next, last);
        return logits.sub(threshold).div(scale.mul(Math.sqrt(2))).erf().add(1).mul(0.5);
    }

    private Routing hashed(long[] ids) {
        int experts = config.experts(), k = config.k();
        var scores = new double[ids.length * experts];
        var shares = new double[scores.length];
        for (int t = 0; t < ids.length; t++) {
            int[] own = Rng.of(0x5EED).split(ids[t]).sample(experts, k);
            for (int j = 0; j < k; j++) {
                scores[t * experts + own[j]] = k - j;
                shares[t * experts + own[j]] = 1.0 / k;
            }
        }
        int capacity = config.capacity(ids.length);
        var choice = MoeChoice.byTokens(scores, ids.length, experts, config, capacity);
        var gates = new double[choice.tokens().length];
        Arrays.fill(gates, config.scale() / k);
        return new Routing(null, Tensor.of(shares, ids.length, experts).to(config.dtype()), null, choice.tokens(),
                Tensor.of(gates).to(config.dtype()), choice.counts(), choice.chosen(), capacity);
    }
}
