"""What does the privacy notice say?

The sentences of Westminster City Council's adult social care privacy notice on which the policy and its tests rest,
in the notice's own words and order. The council's page is the source; nothing here is paraphrased.
"""

from __future__ import annotations

SENTENCES = (
    "plan and provide appropriate care and support",
    "Westminster City Council adult social care service collects and processes personal information about you.",
    (
        "This privacy notice broadly explains what information we collect, the purpose for processing it, and the "
        "types of personal information and who we may share it with."
    ),
    (
        "It applies to all personal information collected for or on behalf of the council whether by letter, "
        "email, face-to-face, telephone, online or any other method."
    ),
    (
        "Your personal information is only used for a specified purpose(s) but if we intend to use it for any "
        "other new purposes we will normally ask you first."
    ),
    "We will only share information where it is appropriate and legal to do so.",
    (
        "We may also share information, for example, if there is a risk of serious harm or threat to life, for the"
        " prevention and detection of fraud or crime, assessment of any tax or duty or if we are required to do so"
        " by any court or law."
    ),
    "Where this is necessary, we are required to comply with all aspects of the data protection laws.",
    "personal and family details",
    (
        "We may also collect and share additional information known as ‘special categories of personal data’ where"
        " appropriate including:"
    ),
    (
        "To meet our statutory obligations under law, as well as to provide you with a service where appropriate, "
        "we may need to share the information you provide us with other professionals such as:"
    ),
    "general practitioners and other health professionals (including hospitals and mental health trusts)",
    "commissioned health care providers",
    "other commissioned services such as home care, care home, day care and transport providers",
    "the London Fire Brigade and other fire services",
    "probation services",
    "other local authorities (Children and Adults Social Care and Education departments)",
    (
        "Information may be shared with Health partners using the Whole Systems Integrated Care Record (WSIC), "
        "click here to find out more."
    ),
    "to provide you with a service you have requested",
    "where the disclosure is necessary for the purposes of the prevention and/or detection of crime",
    (
        "We will strive to ensure that any personal data in our care will be kept safe and that where your "
        "information is disclosed to a third party, we will seek to ensure that the third party has sufficient "
        "systems and procedures in place to prevent the loss or damage of personal data."
    ),
    "We will not use your personal data for third party marketing purposes without your prior express consent.",
    (
        "We will only keep your information for as long as is required by law and to provide you with the "
        "necessary services in line with our stated retention policy."
    ),
    "You have the right to request a copy of the information that we hold about you.",
    (
        "the right to object and restrict further processing of your data; however, this may affect service "
        "delivery to you."
    ),
    (
        "request to have your data deleted where there is no compelling reason for its continued processing and "
        "provided that there are no legitimate grounds for retaining it."
    ),
    "De-personalised data is information about your care. It doesn’t include:",
    "Authorised researchers will be able to view your de-personalised data, but this will not identify you.",
    "The facilities and services we use are audited annually to make sure the highest standards are maintained.",
    "Can I access my information?",
    "You have the right to access information we hold about you.",
    "You may also request that access to your information is restricted until the correction is made.",
    "It’s your choice to share your information through the WSIC dashboard.",
    "Your GP will record your choice and your information will not be shared.",
    "Opting-out won’t affect your care in anyway.",
    (
        "If you change your mind and want your information shared, you can inform the GP practice or care "
        "professional treating you, and they will mark your record."
    ),
    (
        "The linking of social care and health information via the NHS Number will help hospital staff quickly "
        "identify if social care support is already in place and who the most appropriate contact is."
    ),
    "Ongoing care can be planned earlier in the process, because hospital staff will know who to talk to.",
    (
        "Westminster City Council’s Adult Social Care Department sends basic information we collect from you, such"
        " as your name, address and date of birth to the PDS in order to find your NHS Number."
    ),
    (
        "Once retrieved from the PDS the NHS Number is stored in the council’s dedicated adult social care case "
        "management system, to ensure that security controls are in place, and access is controlled"
    ),
    (
        "it is also available for use in an integrated care record system across a number of support services "
        "including GPs, hospitals, community matrons, district nurses and social care practitioners"
    ),
    (
        "The council’s IT security and confidentiality policies ensure that your information is protected, and "
        "available only to staff directly involved in your care."
    ),
    (
        "The council will share information only to provide health and social care professionals directly involved"
        " in your care access to the most up-to-date information about you."
    ),
    (
        "It will do this by sharing appropriate information between health and social care services at the time of "
        "patient contact."
    ),
    "Access to information is strictly controlled, based on the role of the professional.",
    (
        "For example, social workers will only have access to information that is relevant to the execution of "
        "their care duties."
    ),
    (
        "In general, we retain information related to adult social care for 6 years after we have ceased to assess"
        " your needs or provide services to you."
    ),
    "In mental health cases, this period rises to 20 years.",
    "You have the right to object to the processing of your NHS Number in this way.",
    ("This will not stop you from receiving care, but will result in the benefits outlined above not being realised."),
    (
        "If you wish to opt out from the use of your NHS Number for social care purposes, please talk with your "
        "social worker or contact us:"
    ),
    "Confidential patient information about your health and care is only used like this where allowed by law.",
    (
        "Currently, we ensure that anonymised data is used so that you cannot be identified, in which case your "
        "confidential patient information isn’t needed."
    ),
    (
        "If you do choose to opt out your confidential patient information will still be used to support your "
        "individual care."
    ),
    (
        "Should a situation arise where we did need to use or share confidential patient information for one of "
        "these purposes, and we had a lawful right to do so, we would first consult the NHS National Data Opt-Out "
        "information in order to determine whether we could or could not include your confidential patient "
        "information."
    ),
    "You can change your mind about your choice at any time.",
    (
        "Data being used or shared for purposes beyond individual care does not include your data being shared with "
        "insurance companies or used for marketing purposes and data would only be used in this way with your "
        "specific agreement."
    ),
)

NOTICE = " ".join(SENTENCES)
