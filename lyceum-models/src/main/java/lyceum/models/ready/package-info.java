/**
 * Models of folders, ready for files: pictures are classified, searched for objects, divided and embedded ({@link lyceum.models.ready.PictureModel}), speech becomes
 * text with times ({@link lyceum.models.ready.SpeechModel}), text becomes pictures ({@link lyceum.models.ready.PainterModel}).
 */
package lyceum.models.ready;
