import Datasets
import Testing

@testable import Training

/// The arithmetic of Grad-CAM; derivatives are those of the engine's tests.
struct GradCAMTests {
  @Test func mapsWeighChannelsByTheirMeanDerivative() {
    // Two channels of 1×2; the means of the derivatives are 1 and −0.5.
    let heat = GradCAM.heat([1, 3, 4, 2], [0, 2, -1, 0], channels: 2)
    // 1·1 − 0.5·4 < 0, and 3 − 1 = 2.
    #expect(heat == [0, 1])
    #expect(GradCAM.heat([1, 2], [-1, -1], channels: 1) == [0, 0])
  }

  @Test func mapsAreEnlargedAsPyTorchInterpolates() {
    // torch.nn.functional.interpolate(..., size=(4, 6), mode="bilinear", align_corners=False)
    let expected: [Float] = [
      0.0, 0.25, 0.75, 0.875, 0.625, 0.5, 0.125, 0.296875, 0.640625, 0.7109375, 0.5078125, 0.40625, 0.375, 0.390625,
      0.421875, 0.3828125, 0.2734375, 0.21875, 0.5, 0.4375, 0.3125, 0.21875, 0.15625, 0.125,
    ]
    let found = GradCAM.Map.enlarged([0, 1, 0.5, 0.5, 0.25, 0.125], ImageSize(2, 3), to: ImageSize(4, 6))
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 } && found.count == expected.count, "\(found)")
  }
}
