package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.diffusion.ClassifierFreeGuidance;
import lyceum.models.generative.diffusion.ConditionDropout;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.Ddpm;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.MixtureDenoiser;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.PointDenoiser;
import lyceum.models.generative.diffusion.PointDenoiserConfig;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Eight overlapping classes: what a weight above 1 gains in fidelity and costs in variety. */
@Lab(topics = "classifier-free-guidance", title = "Exaggerating a condition")
final class GuidanceLab implements LabBody {
    private static final int CLASSES = 8, POINTS = 480;

    @Override public void run(LabContext lab) {
        String denoiser = lab.choice("denoiser", "trained", "trained", "perfect");
        double dropout = lab.param("condition dropout", 0.15, 0.0, 0.5), rescale = lab.param("rescale", 0.0, 0.0, 1.0);
        int epochs = lab.param("epochs", 30, 1, 300);
        var ddpm = new Ddpm(NoiseSchedule.cosine(200)).withPrediction(Prediction.VELOCITY);
        var truth = MixtureDenoiser.ring(ddpm.schedule(), Prediction.VELOCITY, CLASSES, 2, 0.45);
        DiffusionModel model = truth.model();
        if (denoiser.equals("trained")) {
            var labels = new long[2_048];
            var data = truth.draw(2_048, lab.rng(1), labels).to(DType.F32);
            var network = new PointDenoiser(new PointDenoiserConfig(2).withClasses(CLASSES).withTimeScale(5), lab.rng(2));
            var loss = ddpm.over(network, data, Tensor.of(labels), ConditionDropout.ofClass(dropout, CLASSES));
            new Trainer(new Adam(3e-3), epochs).withBatchSize(256).withAveraging(0.98).start(network, 2_048, loss, null, lab.rng(3))
                    .finish(lab.progress());
            model = ddpm.model(network);
        }
        var wanted = new long[POINTS];
        for (int i = 0; i < POINTS; i++) wanted[i] = i % CLASSES;

        double[] weights = {0, 0.5, 1, 2, 4, 8}, accuracy = new double[6], variance = new double[6];
        var panels = new ArrayList<Plot>();
        var rows = new ArrayList<List<?>>();
        for (int k = 0; k < weights.length; k++) {
            var guided = model.with(ClassifierFreeGuidance.ofClass(weights[k], CLASSES).withRescale(rescale)::guide);
            var noise = NoiseStreams.of(lab.rng(4), POINTS);
            var x = new DdimSampler(25).sample(guided, guided.start(noise, DType.F32, 2), Tensor.of(wanted), noise, lab.progress());
            double[][] at = x.toRows(), centres = truth.centres(), means = new double[CLASSES][2];
            var classes = new int[POINTS];
            for (int i = 0; i < POINTS; i++) {
                int nearest = 0;
                for (int c = 1; c < CLASSES; c++) if (distance(at[i], centres[c]) < distance(at[i], centres[nearest])) nearest = c;
                classes[i] = (int) wanted[i];
                if (nearest == classes[i]) accuracy[k] += 1.0 / POINTS;
                for (int c = 0; c < 2; c++) means[classes[i]][c] += at[i][c] * CLASSES / POINTS;
            }
            for (int i = 0; i < POINTS; i++) variance[k] += Math.pow(distance(at[i], means[classes[i]]), 2) / POINTS;
            rows.add(List.of(weights[k], accuracy[k], variance[k]));
            if (weights[k] != 0.5 && weights[k] != 8)
                panels.add(Figure.scatter("weight " + weights[k], x, classes, "0", "1", "2", "3", "4", "5", "6", "7").axes("x", "y")
                        .limitX(-4, 4).limitY(-4, 4).equalScales());
        }
        lab.figure(Figure.row("Clouds by weight", panels.toArray(Plot[]::new)).describedAs(
                "At weight 0 colours are mixed everywhere; with the weight each colour draws together and away from its neighbours."));
        lab.figure(Figure.plot("Fidelity against variety").line("", variance, accuracy).points("weights 0 to 8", variance, accuracy)
                .axes("variance within a class", "share in the right class")
                .describedAs("From the lower right to the upper left as the weight rises: more in the right class, less variety in it."));
        lab.table("By weight", List.of("weight", "accuracy", "within-class variance"), rows);
        lab.shows("accuracy at weight 0", accuracy[0], below(0.3));
        lab.shows("accuracy at weight 4 less that at 1", accuracy[4] - accuracy[2], above(0));
        lab.shows("variance at weight 4 over that at 1", variance[4] / variance[2], below(0.9));
    }

    private static double distance(double[] a, double[] b) { return Math.hypot(a[0] - b[0], a[1] - b[1]); }
}
