package lyceum.models.generative.latent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.models.generative.diffusion.DdimSampler;
import lyceum.models.generative.diffusion.DiffusionModel;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.Prediction;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.nn.Activation;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/** A picture of 512 by 512 pixels by the pipeline of version 1.5 with drawn weights of BF16, in four guided steps; says what it is and the most memory that the process has had, in MiB. */
public final class RealSizePicture {
    private static final int VOCABULARY = 49_408, POSITIONS = 77, WIDTH = 768;

    private RealSizePicture() {}

    /** Characters for words, and the mark of the end. */
    private static int[] tokens(String text) { return IntStream.concat(text.chars(), IntStream.of(VOCABULARY - 1)).toArray(); }

    public static void main(String[] args) throws IOException {
        var tower = new TextTower(new TextTowerConfig(VOCABULARY, POSITIONS, WIDTH, 12, 12).withActivation(Activation.QUICK_GELU)
                .withCausal(true).withEnd(VOCABULARY - 1).withPool(TextTowerConfig.Pool.END).withPadding(VOCABULARY - 1)
                .withMasksPadding(false).withDtype(DType.BF16), Rng.of(1));
        var unet = new ConditionalUNet(ConditionalUNetConfig.stableDiffusion().withDtype(DType.BF16), Rng.of(2));
        var codec = new AutoencoderKl(AutoencoderKlConfig.stableDiffusion().withDtype(DType.BF16), Rng.of(3));
        unet.pack();
        codec.pack();
        var model = StableDiffusion.of(PromptEncoder.of(tower, RealSizePicture::tokens),
                new DiffusionModel(NoiseSchedule.scaledLinear(1000, 0.00085, 0.012), Prediction.NOISE, unet.countingFromZero()), codec,
                0.18215);
        var options = new PictureOptions(512).withSampler(new DdimSampler(4));
        var picture = model.imagine(List.of("a red square, top left"), options, NoiseStreams.seeds(1), Progress.SILENT);
        System.out.println("picture " + picture.shape() + " " + picture.dtype() + " from " + picture.min().item() + " to "
                + picture.max().item() + " deviation " + picture.to(DType.F32).std().item());
        for (var line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.startsWith("VmHWM:")) System.out.println("most " + Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024);
    }
}
