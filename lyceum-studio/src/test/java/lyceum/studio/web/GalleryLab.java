package lyceum.studio.web;

import static lyceum.labs.Bounds.below;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** One figure of each kind. */
@Lab(topics = "pca", title = "Every kind of figure")
final class GalleryLab implements LabBody {

    @Override public void run(LabContext lab) {
        var drawn = lab.drawing("shape", "6,5 21,5; 12,24", 28);
        var random = new Random(lab.seed());
        double[] xs = random.doubles(150, -2, 2).toArray();
        double[] ys = random.doubles(150, -2, 2).toArray();
        int[] classes = new int[150];
        for (int i = 0; i < 150; i++) {
            classes[i] = xs[i] * xs[i] + ys[i] * ys[i] > 2 ? 1 : 0;
        }
        lab.say("One of each, to see that they stand on the page.");
        lab.figure(
                Figure.scatter("Points by class", xs, ys, classes, "inside", "outside").points("centre", new double[] {0}, new double[] {0})
                        .crosses().axes("first (cm)", "second (cm)").describedAs("Points inside and outside of a circle."));
        lab.figure(Figure.plot("Lines").line("train", new double[] {0, 1, 2, 3}, new double[] {4, 2, 1, 0.5})
                .line("validation", new double[] {0, 1, 2, 3}, new double[] {4, 3, 2.5, 2.4}).axes("epoch", "loss (nats)")
                .describedAs("Training goes on falling, validation does not."));
        lab.figure(Figure.bar("Bars", new String[] {"one", "two", "three", "a longer name"}, new double[] {3, 5, 2, 4}).axes("", "count")
                .describedAs("Four bars."));
        lab.figure(Figure.histogram("Histogram", random.doubles(2_000).map(v -> v * v).toArray()).axes("value", "count")
                .verticalLine(0.5, "promised").describedAs("Squares of uniform numbers."));
        lab.figure(Figure.heatmap("Confusion", new double[][] {{40, 2, 1}, {3, 35, 4}, {0, 5, 44}}, new String[] {"a", "b", "c"},
                new String[] {"a", "b", "c"}).cellLabels().axes("predicted", "true").describedAs("Most lie on the diagonal."));
        var images = new ArrayList<Image>();
        for (int k = 0; k < 6; k++) {
            images.add(Image.gray("digit " + k, 8, random.doubles(64).toArray()));
        }
        lab.figure(Figure.images("Images", 6, images).describedAs("Noise, six times."));
        double[] grid = new double[40];
        var regions = new int[40][40];
        var surface = new double[40][40];
        for (int i = 0; i < 40; i++) {
            grid[i] = -2 + 0.1 * i;
        }
        for (int r = 0; r < 40; r++) {
            for (int c = 0; c < 40; c++) {
                surface[r][c] = grid[r] * grid[r] + grid[c] * grid[c];
                regions[r][c] = surface[r][c] > 2 ? 1 : 0;
            }
        }
        lab.figure(Figure.regions("Decision regions", grid, grid, regions, "inside", "outside").points(xs, ys, classes, "inside", "outside")
                .axes("first", "second").describedAs("A circle divides the plane."));
        lab.figure(Figure.contour("Contours", grid, grid, surface).axes("x", "y").describedAs("A bowl."));
        lab.figure(Figure.row("Two panels", Figure.line("left", new double[] {1, 3, 2}).axes("step", "value"),
                Figure.line("right", new double[] {3, 1, 2}).axes("step", "value")).describedAs("Side by side."));
        var frames = new ArrayList<Figure>();
        for (int k = 1; k <= 5; k++) {
            frames.add(Figure.line("step " + k, new double[] {0, k, 2 * k}).axes("step", "value"));
        }
        lab.figure(Figure.frames("Frames", "step", frames).describedAs("It grows with each step."));
        lab.figure(Figure
                .frames("Cells", "cell",
                        List.of(Figure.images("one", 3, images.subList(0, 3)), Figure.images("other", 3, images.subList(3, 6))))
                .labelled("b as c (4)", "a as b (2)").describedAs("What lies in a cell of the confusion."));
        double[] wave = new double[4_000];
        for (int i = 0; i < wave.length; i++) wave[i] = Math.sin(0.35 * i) * (1 - i / 4_000.0);
        lab.figure(Figure.audio("A sound", 8_000, wave).describedAs("A tone that fades within half a second."));
        lab.figure(Figure.cloud("A cloud", Tensor.randn(Rng.of(1), 60, 3), classes(60), "even", "odd").axes("x (m)", "y (m)", "z (m)")
                .describedAs("Two kinds of points in space."));
        lab.say("Ink covers %.1f%% of the sheet.", 100 * drawn.pixels(28).mean().item());
        lab.table("A table", List.of("name", "value", "holds"),
                List.of(List.of("first", 0.123456789, true), List.of("second", 12345.0, false)));
        var image = new BufferedImage(64, 32, BufferedImage.TYPE_INT_RGB);
        image.createGraphics().setBackground(Color.ORANGE);
        lab.image("An image", "A dark rectangle.", image);
        lab.check(1, "largest gap to the reference", 3.1415926e-10, below(1e-8));
        lab.check(2, "a check that does not hold", 0.25, below(0.1));
    }

    private static int[] classes(int n) { return IntStream.range(0, n).map(i -> i % 2).toArray(); }
}
