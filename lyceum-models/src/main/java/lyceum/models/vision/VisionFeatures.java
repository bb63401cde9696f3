package lyceum.models.vision;

import java.util.SequencedMap;
import lyceum.tensor.Tensor;

/**
 * What a backbone sees in pictures.
 *
 * @param map of the last level, (batch, width, height, width), where things still have a place
 * @param tokens the same by position, row by row: (batch, positions, width); what stands before the patches (class token, registers) is
 *         in front
 * @param pooled one vector a picture, (batch, width)
 * @param levels maps by name, the finest first; the last is {@code map}
 */
public record VisionFeatures(Tensor map, Tensor tokens, Tensor pooled, SequencedMap<String, Tensor> levels) {
    /** Of a map alone: its positions are the tokens, their mean is pooled. */
    static VisionFeatures of(SequencedMap<String, Tensor> levels) {
        var map = levels.lastEntry().getValue();
        var tokens = map.reshape(map.size(0), map.size(1), -1).transpose(1, 2);
        return new VisionFeatures(map, tokens, map.mean(new int[] {2, 3}, false), levels);
    }
}
