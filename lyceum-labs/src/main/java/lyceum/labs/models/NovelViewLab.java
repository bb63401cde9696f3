package lyceum.labs.models;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.scenes.SphereScene;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.fields.NeuralField;
import lyceum.models.threed.Camera;
import lyceum.models.threed.Nerf;
import lyceum.models.threed.NerfConfig;
import lyceum.models.threed.PosedView;
import lyceum.models.threed.SplatFit;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.tensor.Tensor;

/** Two spheres seen by a ring of cameras; a radiance field and a cloud of Gaussians show them from between. */
@Lab(topics = "nerf-gaussian-splatting", title = "From where nobody stood")
final class NovelViewLab implements LabBody {

    @Override public void run(LabContext lab) {
        int side = lab.param("pixels a side", 20, 12, 64);
        int cameras = lab.param("cameras", 10, 4, 30);
        int steps = lab.param("steps", 80, 20, 2000);
        double stripes = lab.param("stripes", 0.0, 0.0, 8.0);
        var scene = new SphereScene(stripes);
        List<PosedView> views = ring(scene, cameras, 0, side), orbit = ring(scene, 4, 0.4, side);
        var nerf = Nerf.create(new NerfConfig(1.8, 4.2).withSamples(16).withFine(0).withWidth(32).withFrequencies(4), lab.rng(1));
        nerf.fit(views, steps, 256, 1e-2, lab.rng(2), lab.progress());
        var fitted = new SplatFit().withStart(150).withExtent(0.9).withSteps(steps).withEvery(steps / 5).withUntil(steps * 4 / 5)
                .withPace(4).fit(views, lab.rng(3), lab.progress());
        var images = new ArrayList<Image>();
        double field = 0, splats = 0;
        for (var view : orbit) {
            var camera = view.camera();
            var seen = nerf.picture(camera);
            var picture = fitted.splats().render(camera, null);
            images.add(shown("true", view.pixels(), side));
            images.add(shown("field", seen.colour(), side));
            images.add(depth("its depth", seen.depth(), seen.transmittance(), side));
            images.add(shown("splats", picture.colour().detach(), side));
            images.add(depth("their depth", picture.depth().detach(), picture.transmittance().detach(), side));
            field += NeuralField.psnr(seen.colour(), view.pixels()) / orbit.size();
            splats += NeuralField.psnr(picture.colour(), view.pixels()) / orbit.size();
        }
        lab.figure(Figure.images("An orbit of unseen views", 5, images).describedAs(
                "A row a camera that no training view has: the truth, the field's picture and depth, the splats' picture and depth. Both show a red and a blue ball."));
        lab.figure(Figure.line("Gaussians as they grow and are thinned", 1, Arrays.stream(fitted.sizes()).asDoubleStream().toArray())
                .axes("step", "Gaussians")
                .describedAs("A staircase: at each growth the Gaussians that move much are cloned or split, the faint ones go."));
        var places = fitted.splats().state().get("xyz").detach();
        lab.figure(Figure
                .cloud("Where the Gaussians lie", Tensor.stack(1, places.select(1, 0), places.select(1, 2), places.select(1, 1).neg()))
                .axes("x", "z", "up")
                .describedAs("The middles of the Gaussians in space: turn them to see that they have gathered about the balls."));
        lab.say("On views between the cameras the field reaches %.1f dB and %d Gaussians %.1f dB.", field, fitted.splats().size(), splats);
        lab.shows("field, dB on unseen views", field, above(13));
        lab.shows("splats, dB on unseen views", splats, above(15));
    }

    private static List<PosedView> ring(SphereScene scene, int n, double shift, int side) {
        var all = new ArrayList<PosedView>();
        for (int k = 0; k < n; k++) {
            double angle = 2 * Math.PI * (k + shift) / n;
            var camera = Camera.lookAt(new double[] {3 * Math.sin(angle), k % 2 == 0 ? -0.6 : 0.5, 3 * Math.cos(angle)}, new double[3],
                    new double[] {0, -1, 0}, 40, side, side);
            var x = new float[3 * side * side];
            for (int i = 0; i < x.length; i += 3) {
                var rgb = scene.colour(camera.position(), camera.direction(i / 3 / side + 0.5, i / 3 % side + 0.5));
                for (int c = 0; c < 3; c++) x[i + c] = (float) rgb[c];
            }
            all.add(new PosedView(camera, Tensor.of(x, (long) side * side, 3)));
        }
        return all;
    }

    private static Image shown(String caption, Tensor pixels, int side) {
        var rgb = pixels.clamp(0, 1).reshape(side, side, 3);
        return Image.rgb(caption, rgb.select(2, 0).toRows(), rgb.select(2, 1).toRows(), rgb.select(2, 2).toRows());
    }

    /** Near is bright, the background black. */
    private static Image depth(String caption, Tensor depth, Tensor passes, int side) {
        var solid = passes.rsub(1.0);
        return Image.gray(caption, solid.mul(4.2).sub(depth).div(2.4).clamp(0, 1).reshape(side, side));
    }
}
