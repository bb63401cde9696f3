package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.models.ready.PainterModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum imagine}: a sentence to a picture. */
@Command(name = "imagine", description = "Draw a picture from a sentence.",
        footer = {"", "Example:", "  lyceum imagine painter.model \"a red square, top left\" --steps 20 --seed 1 --out a.png"})
final class ImagineCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A folder that lyceum train wrote.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "PROMPT",
            description = "What the picture should show, in words the model has learned.")
    private String prompt;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "20",
            description = "Steps from noise to picture, 20 by default.") private int steps;

    @Option(names = "--guidance", paramLabel = "X", defaultValue = "3",
            description = "How strongly to follow the prompt: 1 is no guidance, 3 by default.") private double guidance;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
            description = "A different seed gives a different picture; 0 by default.") private long seed;

    @Option(names = "--enlarge", paramLabel = "N", defaultValue = "1",
            description = "File pixels per picture pixel along each side; 1 by default.") private int enlarge;

    @Option(names = "--out", paramLabel = "FILE", required = true, description = "The PNG to write.")
    private Path out;

    @Override public Integer call() throws IOException {
        if (enlarge < 1 || enlarge > 64) throw new IOException("--enlarge is " + enlarge + "; it lies between 1 and 64");
        if (!Files.isDirectory(folder)) throw new IOException("there is no folder " + folder);
        var painter = PainterModel.load(folder);
        try (var line = new ProgressLine(lyceum.terminal(), System::nanoTime)) {
            var picture = painter.imagine(prompt, steps, guidance, seed, line.progress());
            var large = Raster.make(picture.channels(), picture.height() * enlarge, picture.width() * enlarge,
                    (c, y, x) -> picture.at(c, y / enlarge, x / enlarge));
            ImageFolder.write(large, out);
            line.close();
            lyceum.terminal().out().println("Written: " + out + ", " + large.width() + " x " + large.height());
        }
        return LyceumCommand.DONE;
    }
}
