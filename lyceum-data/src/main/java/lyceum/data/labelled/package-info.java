/**
 * Labelled files as people keep them: pictures with boxes (COCO), pictures with masks, sounds or pictures with their texts (JSON lines), graphs as tables of
 * nodes and edges. Files are not trusted: what does not fit is a {@link lyceum.FormatException} that names file and place.
 */
package lyceum.data.labelled;
