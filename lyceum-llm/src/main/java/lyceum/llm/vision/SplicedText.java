package lyceum.llm.vision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.nn.SequenceLayout;

/**
 * Texts in which each image's placeholder has become a place for each of its patches.
 *
 * @param ids of each row; the placeholder's id at every patch
 * @param pictures of each place the picture's number among all rows', -1 for text
 * @param patches of each place the patch's number within its picture, -1 for text
 * @param counted of each place whether the loss counts its id: those of the text's that were to count, no patches
 */
public record SplicedText(List<int[]> ids, List<int[]> pictures, List<int[]> patches, List<boolean[]> counted) {

    /**
     * @param texts a placeholder for each picture, the rows' pictures one after another
     * @param counts of each text whether the loss counts an id; null for all
     * @param sizes patches of each picture
     * @throws IllegalArgumentException if there are more placeholders than pictures, or fewer
     */
    public static SplicedText of(List<int[]> texts, List<boolean[]> counts, int placeholder, int... sizes) {
        var all = new SplicedText(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        long wanted = texts.stream().flatMapToInt(Arrays::stream).filter(id -> id == placeholder).count();
        if (wanted != sizes.length) throw new IllegalArgumentException(
                "VisionLanguageModel: " + wanted + " placeholders for " + sizes.length + " pictures; one each, in their order");
        int picture = 0;
        for (int r = 0; r < texts.size(); r++) {
            int[] text = texts.get(r);
            int length = text.length, at = 0;
            for (int id : text) if (id == placeholder) length += sizes[picture + at++] - 1;
            int[] ids = new int[length], pictures = new int[length], patches = new int[length];
            var counted = new boolean[length];
            Arrays.fill(pictures, -1);
            Arrays.fill(patches, -1);
            int place = 0;
            for (int t = 0; t < text.length; t++) {
                int n = text[t] == placeholder ? sizes[picture] : 1;
                for (int i = 0; i < n; i++, place++) {
                    ids[place] = text[t];
                    if (text[t] == placeholder) {
                        pictures[place] = picture;
                        patches[place] = i;
                    } else counted[place] = counts == null || counts.get(r)[t];
                }
                if (text[t] == placeholder) picture++;
            }
            all.ids.add(ids);
            all.pictures.add(pictures);
            all.patches.add(patches);
            all.counted.add(counted);
        }
        return all;
    }

    /** Places of the longest row. */
    public int longest() { return ids.stream().mapToInt(i -> i.length).max().orElse(0); }

    /** Rows with padding behind; null if they are all as long. */
    public SequenceLayout layout() {
        int[] lengths = ids.stream().mapToInt(i -> i.length).toArray();
        return Arrays.stream(lengths).allMatch(n -> n == longest()) ? null : SequenceLayout.rightPadded(longest(), lengths);
    }

    /** Ids (rows, longest), row by row; padded with 0. */
    public int[] padded() {
        var flat = new int[ids.size() * longest()];
        for (int r = 0; r < ids.size(); r++) System.arraycopy(ids.get(r), 0, flat, r * longest(), ids.get(r).length);
        return flat;
    }
}
