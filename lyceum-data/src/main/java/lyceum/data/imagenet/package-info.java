/**
 * ImageNet's protocol on any set of labelled pictures: trees of folders ({@link lyceum.data.imagenet.ImageFolder}), the devkit and annotations
 * ({@link lyceum.data.imagenet.ImageNet}), what is done to a picture before a network sees it ({@link lyceum.data.imagenet.Preprocessing}), and the errors
 * by which models are compared ({@link lyceum.data.imagenet.TopErrors}, {@link lyceum.data.imagenet.Hierarchy}). Needs {@code java.desktop} to decode
 * pictures.
 */
package lyceum.data.imagenet;
