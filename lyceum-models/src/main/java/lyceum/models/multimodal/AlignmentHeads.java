package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.linalg.Similarity;
import lyceum.nn.Activation;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.Sequential;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** A head on each of several spaces, and the scale and bias of their cosines. */
final class AlignmentHeads extends Module {
    private final List<Standardised> heads;
    private final Tensor logit_scale, logit_bias;

    private AlignmentHeads(AlignmentMethod.ContrastiveHeads method, Tensor[] spaces, Rng rng) {
        heads = Arrays.stream(spaces).map(x -> new Standardised(x, method, rng)).toList();
        var scale = Tensor.full(DType.F32, Math.log(method.scale())).compute();
        logit_scale = method.learnsScale() ? scale.requiresGrad() : scale;
        logit_bias = method.objective() instanceof VlmObjective.Sigmoid ? Tensor.full(DType.F32, -10).compute().requiresGrad() : null;
    }

    static SharedSpace fit(AlignmentMethod.ContrastiveHeads method, Rng rng, Tensor... spaces) {
        var own = Arrays.stream(spaces).map(x -> x.detach().to(DType.F32).compute()).toArray(Tensor[]::new);
        var all = new AlignmentHeads(method, own, rng);
        var trainer = new Trainer(method.rule(), method.epochs()).withBatchSize(method.batch());
        if (method.learnsScale())
            trainer = trainer.withListener(Trainer.Listener.afterStep(run -> ImageTextEncoder.clamp(all.logit_scale, 100)));
        trainer.start(all, (int) own[0].size(0), (rows, pass) -> all.loss(method.objective(), own, rows, pass), null, rng)
                .finish(Progress.SILENT);
        return new SharedSpace(new ArrayList<Layer>(all.heads), DType.F32);
    }

    private Tensor loss(VlmObjective objective, Tensor[] spaces, int[] rows, Pass pass) {
        var hub = Embedded.of(heads.getFirst().forward(spaces[0].rows(rows), pass));
        Tensor sum = null;
        for (int i = 1; i < spaces.length; i++) {
            var loss = objective.of(hub, Embedded.of(heads.get(i).forward(spaces[i].rows(rows), pass)), logit_scale, logit_bias);
            sum = sum == null ? loss : sum.add(loss);
        }
        return sum;
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return heads.getFirst().forward(x, pass); }

    /** Columns of mean 0 and deviation 1, a linear map or two with a GELU between, unit length. */
    private static final class Standardised extends Module {
        private final Tensor mean, deviation;
        private final Layer head;

        Standardised(Tensor x, AlignmentMethod.ContrastiveHeads method, Rng rng) {
            mean = x.mean(0).compute();
            var spread = x.std(0, 0, false);
            deviation = spread.eq(0).where(spread.onesLike(), spread).compute();
            head = method.hidden() == 0 ? new Linear(x.size(1), method.embedding(), rng) : new Sequential(
                    new Linear(x.size(1), method.hidden(), rng), Activation.GELU, new Linear(method.hidden(), method.embedding(), rng));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            return Similarity.normalise(head.forward(x.sub(mean).div(deviation), pass));
        }
    }
}
