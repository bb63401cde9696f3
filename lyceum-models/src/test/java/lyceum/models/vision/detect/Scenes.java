package lyceum.models.vision.detect;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.scenes.ShapeScenes;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;

/** Pictures of shapes with what is in them. */
record Scenes(Tensor images, List<Detector.Truth> truths) {
    static Scenes of(ShapeScenes scenes, int count, long seed) {
        var pictures = new ArrayList<Tensor>();
        var truths = new ArrayList<Detector.Truth>();
        for (int i = 0; i < count; i++) {
            var scene = scenes.draw(Rng.of(seed).split(i));
            pictures.add(scene.picture());
            truths.add(new Detector.Truth(scene.boxes(), scene.kinds()));
        }
        return new Scenes(Tensor.stack(0, pictures.toArray(Tensor[]::new)).compute(), truths);
    }

    BatchLoss loss(Detector detector) {
        return (rows, pass) -> detector.loss(images.rows(rows), IntStream.of(rows).mapToObj(truths::get).toList(), pass);
    }
}
