import Image from "next/image";

export default function Page() {
  return (
    <Image
      src="/crops/cat_16x9.webp"
      alt="A cat looks up"
      width={1200}
      height={675}
      sizes="100vw"
    />
  );
}
