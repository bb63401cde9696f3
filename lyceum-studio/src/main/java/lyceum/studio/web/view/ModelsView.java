package lyceum.studio.web.view;

import java.util.List;

/**
 * What is in a file of weights on this machine.
 *
 * @param path    as it was asked for
 * @param trouble why it cannot be shown, or an empty text
 * @param facts   lines of name and value: format, sizes, inputs and outputs, metadata
 * @param sizes   a picture of where its bytes are, or null
 * @param graph   its operators as a picture, or null
 * @param nodes   its operators in order: number, operator, what they read, what they make
 * @param more    operators that are not listed
 * @param rows    its tensors
 * @param tensor  the tensor whose numbers are shown, or null
 */
public record ModelsView(String path, String trouble, List<List<String>> facts, Picture sizes, Picture graph, List<List<String>> nodes,
        int more, List<Row> rows, Numbers tensor) {

    /** Nothing is open. */
    public static ModelsView of(String path, String trouble) {
        return new ModelsView(path, trouble, List.of(), null, null, List.of(), 0, List.of(), null);
    }

    /** A figure as SVG, and what is seen in it. */
    public record Picture(String title, String description, String svg) {}

    /** A tensor, and the address that shows its numbers. */
    public record Row(String name, String type, String shape, String bytes, String href) {}

    /** The numbers of a tensor: their histogram, or null where none is finite, and what they are like. */
    public record Numbers(String name, List<List<String>> facts, Picture histogram) {}
}
