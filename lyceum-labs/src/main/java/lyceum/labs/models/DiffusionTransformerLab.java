package lyceum.labs.models;

import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.diffusion.ClassifierFreeGuidance;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.Ddpm;
import lyceum.models.generative.diffusion.DiffusionTransformer;
import lyceum.models.generative.diffusion.DiffusionTransformerConfig;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Handwritten digits by a transformer that takes noise away: the loss by size, and digits of each class. */
@Lab(topics = "dit", title = "A transformer that draws digits")
final class DiffusionTransformerLab implements LabBody {
    private static final int ROWS = 512;

    @Override public void run(LabContext lab) {
        int epochs = lab.param("epochs", 3, 1, 200), width = 4 * lab.param("width in fours", 8, 2, 32);
        double weight = lab.param("guidance", 2.0, 0.0, 8.0);
        var digits = Datasets.digits();
        var pictures = digits.x().narrow(0, 0, ROWS).to(DType.F32).div(8).sub(1).reshape(ROWS, 1, 8, 8).compute();
        var labels = digits.y().narrow(0, 0, ROWS);
        var ddpm = new Ddpm(NoiseSchedule.cosine(100)).withPrediction(Prediction.VELOCITY);

        Plot losses = Figure.plot("Loss by depth").axes("epoch", "squared error");
        var rows = new ArrayList<List<?>>();
        DiffusionTransformer network = null;
        double fresh = 0, last = 0;
        for (int depth : new int[] {1, 3}) {
            var config = new DiffusionTransformerConfig(8, 1, 2, width, depth, 4, 10).withTimeScale(10);
            network = new DiffusionTransformer(config, lab.rng(1));
            fresh = network.predict(pictures.narrow(0, 0, 8), 50, null).abs().max().item();
            var loss = ddpm.over(network, pictures, labels, ConditionDropout.ofClass(0.1, 10));
            var trainer = new Trainer(new Adam(2e-3), epochs).withBatchSize(64).withAveraging(0.9);
            var history = trainer.start(network, ROWS, loss, null, lab.rng(2)).finish(lab.progress());
            losses = losses.line(depth + (depth == 1 ? " block" : " blocks"), 1, history.losses());
            var trained = network;
            last = Autograd.noGrad(() -> ddpm.loss(trained, pictures, labels, Pass.sampling(lab.rng(3))).item());
            rows.add(List.of(depth, network.parameterCount(), last));
        }
        lab.figure(losses.describedAs(
                "The loss begins near that of an output of zero and falls; the deeper network's falls lower with enough epochs."));
        lab.table("Sizes", List.of("blocks", "parameters", "loss after training"), rows);

        var model = ddpm.model(network).with(ClassifierFreeGuidance.ofClass(weight, 10)::guide);
        var noise = NoiseStreams.of(lab.rng(4), 30);
        var wanted = new long[30];
        for (int i = 0; i < 30; i++) wanted[i] = i % 10;
        var drawn = new DdimSampler(20).withClip(1).sample(model, model.start(noise, DType.F32, 1, 8, 8), Tensor.of(wanted), noise,
                lab.progress());
        var images = new ArrayList<Image>();
        for (int i = 0; i < 30; i++) images.add(Image.gray("" + wanted[i], drawn.get(i, 0).add(1).div(2).clamp(0.0, 1.0)));
        lab.figure(Figure.images("Digits 0 to 9, three of each", 10, images)
                .describedAs("Three rows of ten small pictures, a class a column; with few epochs they are blots, with a hundred digits."));
        lab.shows("largest output of the fresh network", fresh, exactly(0));
        lab.shows("loss after training over that of zero", last / zero(lab, ddpm, pictures), below(1));
    }

    private static double zero(LabContext lab, Ddpm ddpm, Tensor pictures) {
        return ddpm.loss((x, t, condition, pass) -> x.zerosLike(), pictures, null, Pass.sampling(lab.rng(3))).item();
    }
}
