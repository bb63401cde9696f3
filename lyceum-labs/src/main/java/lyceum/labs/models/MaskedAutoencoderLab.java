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
import lyceum.models.ssl.MaskedAutoencoder;
import lyceum.models.ssl.MaskedAutoencoderConfig;
import lyceum.models.ssl.PatchShuffle;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.VisionTransformerConfig.Pool;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** A masked autoencoder learns digits of which it sees a few patches, and fills in the others. */
@Lab(topics = "mae", title = "The rest of the digit")
final class MaskedAutoencoderLab implements LabBody {
    private static final double SCALE = 0.25;

    @Override public void run(LabContext lab) {
        double hidden = lab.param("hidden share", 0.5, 0.25, 0.75);
        int epochs = lab.param("epochs", 12, 1, 100), images = lab.param("images", 1000, 100, 1297), width = lab.param("width", 32, 16, 64);
        boolean shifted = lab.flag("forget to restore the order", false);
        var digits = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(1));
        var data = digits.x().reshape(digits.size(), 1, 8, 8).compute();
        // What is left when the mean digit is taken away: who tells nothing there tells the mean digit.
        Tensor mean = data.narrow(0, 0, images).mean(0, true).compute();
        Tensor train = data.narrow(0, 0, images).sub(mean).div(SCALE).compute(),
                test = data.narrow(0, 1297, 500).sub(mean).div(SCALE).compute();
        var vit = new VisionTransformerConfig(8, 4, 1, width / 4 * 4, 1, 4).withHidden(width).withPool(Pool.MEAN).withClassToken(false);
        var mae = new MaskedAutoencoder(new MaskedAutoencoderConfig(vit).withHidden(hidden), lab.rng(2));
        var trainer = new Trainer(new AdamW(6e-3), epochs).withBatchSize(64);
        var history = trainer.start(mae, images, mae.objective(train), null, lab.rng(3)).finish(lab.progress());

        var shuffle = PatchShuffle.random(500, 4, hidden, lab.rng(4));
        var told = Autograd.noGrad(() -> mae.reconstruct(test, shuffle, Pass.inference()));
        if (shifted) told = new MaskedAutoencoder.Reconstruction(shuffle.shuffled(told.predicted()), shuffle);
        Tensor filled = mae.pictures(told, test), hiddenOnes = mae.masked(shuffle, test.zerosLike(), 1),
                whole = test.mul(SCALE).add(mean).compute(), seen = mae.masked(shuffle, whole, 0.5),
                shown = filled.mul(SCALE).add(mean).clamp(0, 1).compute();
        var pictures = new ArrayList<Image>();
        for (int i = 0; i < 6; i++) {
            pictures.add(Image.gray("seen", seen.get(i, 0)));
            pictures.add(Image.gray("filled in", shown.get(i, 0)));
            pictures.add(Image.gray("original", whole.get(i, 0)));
        }
        lab.figure(Figure.images("Six digits it never met", 6, pictures).pixels(0, 1).describedAs(
                "Triplets of what the encoder saw, with grey for hidden patches, what the decoder told in their place, and the original."));
        lab.figure(Figure.line("Learning", 1, history.losses())
                .axes("epoch", "mean squared error of hidden pixels, a quarter of white as unit")
                .describedAs("The training loss by epoch."));

        double error = filled.sub(test).square().sum().item(), plain = test.square().mul(hiddenOnes).sum().item();
        lab.table("500 held-out digits", List.of("told by", "squared error of hidden pixels, summed"),
                List.of(List.of("the mean digit", plain), List.of("the autoencoder", error)));
        lab.say("Of 4 patches %d are seen. The error in the hidden ones is %.2f of the mean digit's, which needs no patch at all.",
                shuffle.visible(), error / plain);
        boolean usual = epochs >= 12 && images >= 1000 && hidden <= 0.5 && width >= 32 && !shifted;
        lab.shows("error of hidden pixels over the mean digit's", error / plain, below(usual ? 0.8 : 10));
        lab.shows("pixels changed where the patch was visible", filled.sub(test).mul(hiddenOnes.sub(1)).abs().max().item(), exactly(0));
    }
}
