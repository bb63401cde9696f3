package lyceum.bench;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.FlopCounter;
import lyceum.memory.Scope;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.generative.latent.AutoencoderKl;
import lyceum.models.generative.latent.AutoencoderKlConfig;
import lyceum.models.generative.latent.ConditionalUNet;
import lyceum.models.generative.latent.ConditionalUNetConfig;
import lyceum.models.generative.latent.PictureOptions;
import lyceum.models.generative.latent.PromptEncoder;
import lyceum.models.generative.latent.StableDiffusion;
import lyceum.nn.Pass;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.Tensor;

/** The denoising steps of text to image 1.5 at their real size, with drawn weights of BF16, beside the pace of one matrix product. */
final class PictureRows {
    private static final int SIDE = 512, STEPS = 4, TOKENS = 77, WIDTH = 768, CUBE = 2048, PRODUCTS = 9;
    /** A step may take twice as long as its products alone would at that pace. */
    private static final double TARGET = 0.5;

    private PictureRows() {}

    static void measure(SideBySide bench) {
        var c = new Case("U-Net of text to image v1.5, " + STEPS + " guided steps", "codes of " + SIDE + "x" + SIDE, DType.BF16,
                Unit.MILLISECONDS);
        if (!bench.wants(c)) return;
        var unet = new ConditionalUNet(ConditionalUNetConfig.stableDiffusion().withDtype(DType.BF16), Rng.of(1));
        unet.pack();
        // Prompts and pixels are no part of a step: words are drawn, and of the autoencoder nothing is run.
        PromptEncoder words = prompts -> Tensor.randn(Rng.of(prompts.size()), DType.BF16, prompts.size(), TOKENS, WIDTH).compute();
        var codec = new AutoencoderKl(AutoencoderKlConfig.stableDiffusion().withDtype(DType.BF16), Rng.of(2));
        var schedule = NoiseSchedule.scaledLinear(1000, 0.00085, 0.012);
        var model = StableDiffusion.of(words, new DiffusionModel(schedule, Prediction.NOISE, unet.countingFromZero()), codec, 0.18215);
        double products = STEPS * products(unet);
        codes(model, 1); // the weights are packed at their first use
        bench.single(c.besideCalls("its products at a product's pace", TARGET, calls -> calls * products / pace()),
                () -> codes(model, STEPS));
    }

    private static Tensor codes(StableDiffusion model, int steps) {
        return model.codes(List.of("a red square"), new PictureOptions(SIDE).withSampler(new DdimSampler(steps)), NoiseStreams.seeds(1),
                Progress.SILENT);
    }

    /** Operations of a guided step in matrix products, convolutions and attention: with the prompt, and without. */
    private static double products(ConditionalUNet unet) {
        int side = SIDE / 8;
        return FlopCounter.ofShapes(() -> Autograd.noGrad(() -> unet.predict(Tensor.zeros(DType.BF16, 2, 4, side, side),
                Tensor.ones(DType.BF16, 2), Tensor.zeros(DType.BF16, 2, TOKENS, WIDTH), Pass.inference()))).products();
    }

    /** Operations a second of a product of BF16, the median of some. */
    private static double pace() {
        var a = Tensor.randn(Rng.of(1), CUBE, CUBE).to(DType.BF16).compute();
        var b = PackedMatrix.of(a); // as the network's weights are
        var seconds = new double[PRODUCTS];
        for (int i = 0; i < seconds.length; i++) seconds[i] = Timing.seconds(() -> {
            try (var scope = Scope.open("measurement")) {
                return a.matmul(b).compute();
            }
        }, 1);
        return 2.0 * CUBE * CUBE * CUBE / Timing.Median.of(seconds).value();
    }
}
