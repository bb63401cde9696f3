package lyceum.models.vision.detect;

import lyceum.nn.Conv2d;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** What is told at each place of a level: four codes, an objectness, classes; by one tower, or by one for boxes and one for classes. */
final class YoloHead extends Module {
    private final CspBlock.Unit box_tower, class_tower;
    private final Conv2d box, kinds;
    private final int said;

    YoloHead(YoloConfig config, int width, Rng rng) {
        boolean apart = config.coding() == YoloCoding.ANCHOR_FREE;
        box_tower = new CspBlock.Unit(width, width, 3, 1, rng);
        class_tower = apart ? new CspBlock.Unit(width, width, 3, 1, rng) : null;
        box = new Conv2d(width, 4 * config.each(), 1, rng);
        said = config.classes() + 1;
        kinds = new Conv2d(width, said * config.each(), 1, rng);
    }

    /** (n, places, 4 + 1 + classes), cell by cell. */
    @Override protected Tensor compute(Tensor map, Pass pass) {
        var x = box_tower.forward(map, pass);
        var what = kinds.forward(class_tower == null ? x : class_tower.forward(map, pass), pass);
        return Tensor.concat(2, byPlace(box.forward(x, pass), 4), byPlace(what, said));
    }

    private static Tensor byPlace(Tensor x, int numbers) { return x.permute(0, 2, 3, 1).reshape(x.size(0), -1, numbers); }
}
