package lyceum.studio.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.models.vision.ocr.TextBox;
import lyceum.models.vision.ocr.TextLine;
import lyceum.models.vision.ocr.TextReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.json.JsonMapper;

/** {@code lyceum ocr}: the text of a picture. */
@Command(name = "ocr", description = "Read the text in a picture: each line with its confidence and position.",
        footer = {"", "tools/fetch-models brings PP-OCRv4's networks into .lyceum/models.", "Example:",
                "  lyceum ocr examples/invoice.png --models .lyceum/models --out boxes.png"})
final class OcrCommand implements Callable<Integer> {
    private static final Color BOX = new Color(0xD55E00);

    @ParentCommand private LyceumCommand lyceum;

    @Parameters(paramLabel = "IMAGE", description = "A picture: png, jpg, gif or bmp.")
    private Path image;

    @Option(names = "--models", paramLabel = "DIR", required = true,
            description = "A folder with the networks that find, turn and read lines, and their character list.")
    private Path models;

    @Option(names = "--least", paramLabel = "P", defaultValue = "0.5",
            description = "The lowest confidence of a line to report, 0.5 by default.") private double least;

    @Option(names = "--out", paramLabel = "FILE", description = "A PNG of the picture with its boxes.")
    private Path out;

    @Option(names = "--json", description = "Print one JSON object per line of text, with the corners of its box.") private boolean json;

    @Override public Integer call() throws IOException {
        var picture = ImageFolder.read(FitCommand.existing(image));
        var lines = TextReader.load(models).withLeast(least).read(picture);
        var terminal = lyceum.terminal().out();
        for (var line : lines) terminal.println(json ? json(line) : text(line));
        if (lines.isEmpty() && !json) terminal.println("No text found.");
        if (out != null) {
            ImageFolder.write(drawn(picture, lines), out);
            if (!json) terminal.println("Written: " + out);
        }
        return LyceumCommand.DONE;
    }

    private static String text(TextLine line) {
        var box = line.box();
        return String.format(Locale.ROOT, "%5.1f%%  at %d,%d  %d x %d  %s", 100 * line.confidence(), Math.round(box.left()),
                Math.round(box.top()), Math.round(box.width()), Math.round(box.height()), line.text());
    }

    private static String json(TextLine line) {
        var row = JsonMapper.shared().createObjectNode().put("text", line.text()).put("confidence", line.confidence());
        var corners = row.putArray("box");
        for (double[] corner : line.box().corners()) corners.addArray().add(corner[0]).add(corner[1]);
        return row.toString();
    }

    private static BufferedImage drawn(Raster picture, List<TextLine> lines) {
        var drawn = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < picture.height(); y++) for (int x = 0; x < picture.width(); x++) {
            int rgb = 0;
            for (int c = 0; c < 3; c++) rgb = rgb << 8 | Math.round(255 * picture.at(picture.channels() == 1 ? 0 : c, y, x));
            drawn.setRGB(x, y, rgb);
        }
        var pen = drawn.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        pen.setColor(BOX);
        pen.setStroke(new BasicStroke(Math.max(2, picture.width() / 400f)));
        for (var line : lines) pen.draw(outline(line.box()));
        pen.dispose();
        return drawn;
    }

    private static Path2D outline(TextBox box) {
        var path = new Path2D.Double();
        for (double[] corner : box.corners()) {
            if (path.getCurrentPoint() == null) path.moveTo(corner[0], corner[1]);
            else path.lineTo(corner[0], corner[1]);
        }
        path.closePath();
        return path;
    }
}
